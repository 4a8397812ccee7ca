-- By when findings are to be mended, and what counts of found, fixed and resurfaced read.

create table sla (
  severity text primary key check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  days integer check (days between 1 and 3650),
  changed_at timestamptz not null default now(),
  changed_by text not null
);
comment on table sla is 'days that a finding of each severity may stay open, from when it was first found or resurfaced';
comment on column sla.days is 'null: no limit';
comment on column sla.changed_by is 'default: as it came; else who set it';
insert into sla (severity, days, changed_by) values
  ('critical', 15, 'default'), ('high', 30, 'default'), ('medium', 90, 'default'), ('low', 180, 'default'), ('info', null, 'default');

-- findings by the day that they were first found, whatever became of them
create index finding_found_idx on finding (first_found, asset_id) include (severity) where ended_at is null;
-- fixes of a period and how long they took
create index finding_fixed_idx on finding (last_fixed, asset_id) include (first_found, time_taken_to_fix, severity)
  where state = 'fixed' and ended_at is null;
-- what came back in a period
create index finding_resurfaced_idx on finding (resurfaced_date, asset_id) include (severity)
  where state = 'reopened' and ended_at is null;
