-- The estate day by day: machines, and their findings each counted once though several sources report it.

create table device_due (
  source_id integer not null,
  asset_id bigint not null
);
comment on table device_due is 'assets of which something was told since their machine was counted last';
create index device_due_source_idx on device_due (source_id);

create table device_change (
  device_id bigint not null,
  tenant_id integer not null,
  day date not null,
  measure text collate "C" not null check (measure in ('devices', 'records', 'shared', 'repeated')),
  severity text collate "C" not null check (severity in ('', 'info', 'low', 'medium', 'high', 'critical')),
  state text collate "C" not null check (state in ('', 'open', 'reopened', 'fixed')),
  amount integer not null check (amount <> 0),
  primary key (device_id, day, measure, severity, state)
);
comment on table device_change is 'what one machine, as it is made of records today, adds to a day and all after it';
create index device_change_tenant_idx on device_change (tenant_id);

create table estate_change (
  tenant_id integer not null,
  day date not null,
  measure text collate "C" not null check (measure in ('devices', 'records', 'shared', 'repeated')),
  severity text collate "C" not null check (severity in ('', 'info', 'low', 'medium', 'high', 'critical')),
  state text collate "C" not null check (state in ('', 'open', 'reopened', 'fixed')),
  amount bigint not null,
  primary key (tenant_id, day, measure, severity, state)
);
comment on table estate_change is 'the sum of device_change; added up to a day it is what there was at the end of that day in UTC';
comment on column estate_change.measure is
  'devices, records: of the default count; shared: devices of several such records; repeated: findings that a day''s total of the sources counts once too often, by the severity and state they have there';

alter table identity_state add column counted_at timestamptz;
comment on column identity_state.counted_at is 'when estate_change was first made whole; null: it is made so at the next look';

-- Joining two machines, or parting one, decides several pairs at once; they are taken back together.
alter table device_decision add column act_id bigint;
comment on column device_decision.act_id is 'the first of the decisions that were made with it, which are undone together; null: it was made alone';
create index device_decision_act_idx on device_decision (act_id);
