-- How long each class of data stays in the database, where it went when it was old, and the work of keeping it so.

create table retention_rule (
  class text primary key check (class in ('finding_event', 'asset_event', 'finding_output', 'plugin_change', 'export_chunk',
    'rejected_record', 'quality_issue', 'source_call', 'outbox')),
  keep_days integer check (keep_days between 30 and 36500),
  updated_at timestamptz not null default now()
);
comment on table retention_rule is 'how long each class of data stays in the database before it goes to the archive';
comment on column retention_rule.keep_days is 'null: for ever';
insert into retention_rule (class, keep_days) values
  ('finding_event', null), ('asset_event', null), ('finding_output', null), ('plugin_change', null), ('export_chunk', 400),
  ('rejected_record', null), ('quality_issue', null), ('source_call', 400), ('outbox', null);

create table archive_store (
  is_only boolean primary key default true check (is_only),
  store_id uuid not null default gen_random_uuid()
);
comment on table archive_store is 'the name of this store in its archive files: rows go back only to where their ids mean the same';
insert into archive_store default values;

create table archive_file (
  archive_file_id bigint generated always as identity primary key,
  class text not null references retention_rule,
  month date not null check (extract(day from month) = 1),
  horizon_at timestamptz not null,
  file_name text not null unique check (file_name <> ''),
  status text not null default 'writing' check (status in ('writing', 'written', 'archived', 'restored')),
  row_count bigint not null default 0,
  removed_count bigint not null default 0,
  file_bytes bigint not null default 0,
  file_sha256 text,
  rows_sha256 text,
  first_at timestamptz,
  last_at timestamptz,
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  restored_at timestamptz
);
comment on table archive_file is 'one class and month of old rows, in a Parquet file';
comment on column archive_file.horizon_at is 'what it was archived up to; answers about before lack its rows';
comment on column archive_file.status is
  'writing: a crash begins again; written: whole and checked, its rows still here; archived: its rows are gone from here';
comment on column archive_file.rows_sha256 is 'of the rows as text, in their order: what a reader must get back';
create index archive_file_class_idx on archive_file (class, month);

create function archive_horizon(classes text[]) returns timestamptz
  language sql stable parallel safe
  return (select max(f.horizon_at) from archive_file f where f.status = 'archived' and f.class = any (classes));
comment on function archive_horizon is 'before it, something of these classes is in the archive; null when nothing is';

create function history_horizon() returns timestamptz
  language sql stable parallel safe
  return archive_horizon(array['finding_event', 'asset_event']);
comment on function history_horizon is 'an instant before it cannot be told from the events that are here alone';

create table maintenance_job (
  maintenance_job_id bigint generated always as identity primary key,
  kind text not null check (kind in ('archive', 'restore', 'cleanup', 'retention')),
  is_dry_run boolean not null,
  options jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'running', 'completed', 'failed')),
  progress jsonb not null default '{}',
  result jsonb,
  error_code text,
  error_message text,
  actor_kind text not null check (actor_kind in ('cli', 'schedule', 'local', 'user', 'system')),
  actor text not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);
comment on table maintenance_job is 'one piece of keeping the store: archive, restore, cleanup; what it does now, and what it did';
comment on column maintenance_job.progress is '{"step", "done", "total"}';
create index maintenance_job_open_idx on maintenance_job (maintenance_job_id) where status in ('pending', 'running');

comment on table source_call is 'calls to a source in an hour, counted by every engine';
