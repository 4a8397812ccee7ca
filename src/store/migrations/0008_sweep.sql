-- What a complete full run did not meet, so that rows can end without anybody calling them fixed.

alter table run add column permissions integer;
comment on column run.permissions is 'the vendor''s number of the key''s role, when the run read; fewer rights may show fewer rows';

alter table finding add column unconfirmed_at timestamptz;
comment on column finding.unconfirmed_at is 'when a complete full run first missed it though its asset is there; a second one withdraws it';

create table run_asset_seen (
  run_id bigint not null,
  stream text not null check (stream in ('assets', 'findings')),
  asset_id bigint not null,
  part_key text collate "C" not null,
  primary key (run_id, stream, asset_id, part_key)
);
comment on table run_asset_seen is 'assets that a full run met, and in which part; emptied when the run is swept';

create table run_finding_missed (
  run_id bigint not null,
  asset_id bigint not null,
  part_key text collate "C" not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  primary key (run_id, asset_id, part_key, plugin_id, port, protocol, instance)
);
comment on table run_finding_missed is 'open findings of an asset in a part that were not in it; missing when every part of the asset misses them';

create table sweep (
  run_id bigint primary key references run on delete cascade,
  source_id integer not null references source,
  status text not null check (status in ('applied', 'held', 'rejected', 'skipped')),
  reason text not null,
  assets_live integer not null default 0,
  findings_open integer not null default 0,
  assets_aged_out integer not null default 0,
  findings_asset_gone integer not null default 0,
  findings_superseded integer not null default 0,
  findings_withdrawn integer not null default 0,
  findings_unconfirmed integer not null default 0,
  planned_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text
);
comment on table sweep is 'what a complete full run would end, and what became of it; a held one waits for a person';
create index sweep_held_idx on sweep (source_id) where status = 'held';

create table sweep_asset (
  run_id bigint not null,
  asset_id bigint not null,
  primary key (run_id, asset_id)
);
comment on table sweep_asset is 'assets that a planned sweep ages out';

create table sweep_finding (
  run_id bigint not null,
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  cause text not null check (cause in ('asset_gone', 'superseded', 'withdrawn', 'unconfirmed')),
  primary key (run_id, asset_id, plugin_id, port, protocol, instance)
);
comment on table sweep_finding is 'findings that a planned sweep ends, or marks as unconfirmed';
