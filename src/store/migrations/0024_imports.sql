-- Files that people bring: staged whole, looked at, applied or dropped, and undone. Small or short-lived tables, local on
-- every layout; none of them is distributed.

create table file_import (
  import_id bigint generated always as identity primary key,
  source_id integer not null references source,
  status text not null default 'received'
    check (status in ('received', 'reading', 'ready', 'applying', 'applied', 'undoing', 'undone', 'abandoned', 'failed')),
  trigger text not null check (trigger in ('cli', 'api', 'folder')),
  file_name text not null,
  size_bytes bigint not null,
  sha256 text not null,
  stored_at text,
  options jsonb not null default '{}',
  scope jsonb not null default '{"covers": "nothing"}',
  format text,
  facts jsonb not null default '{}',
  observed_at timestamptz,
  observed_from text check (observed_from in ('person', 'file', 'upload')),
  rows_read bigint not null default 0,
  bytes_read bigint not null default 0,
  numbers jsonb,
  undo_numbers jsonb,
  owner text,
  heartbeat_at timestamptz,
  run_id bigint,
  undo_run_id bigint,
  error_code text,
  error_message text,
  created_by text not null,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  applied_at timestamptz,
  undone_at timestamptz
);
comment on table file_import is 'one file that somebody brought, from its arrival to its undoing';
comment on column file_import.stored_at is 'where the file lies until it is staged; null afterwards';
comment on column file_import.scope is 'what the person says that the file shows wholly: only within it anything closes';
comment on column file_import.facts is 'what was found out of the file: encoding, columns, why it is incomplete';
comment on column file_import.observed_at is 'the moment the file speaks for; an older one overwrites nothing newer';
comment on column file_import.numbers is 'what applying would do, or did';
comment on column file_import.owner is 'the process that stages, applies or undoes it';
create index file_import_source_idx on file_import (source_id, import_id desc);

create table file_import_host (
  import_id bigint not null references file_import on delete cascade,
  native_id text collate "C" not null,
  aliases text[] not null,
  asset jsonb not null,
  observed jsonb not null,
  known_as text collate "C",
  known_asset bigint,
  primary key (import_id, native_id)
);
comment on table file_import_host is 'machines that a file names';
comment on column file_import_host.known_as is 'the name by which the source has the machine; its own when it is new';

create table file_import_plugin (
  import_id bigint not null references file_import on delete cascade,
  plugin_id integer not null,
  plugin jsonb not null,
  primary key (import_id, plugin_id)
);

create table file_import_row (
  import_id bigint not null references file_import on delete cascade,
  row_number bigint not null,
  native_id text collate "C" not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  state text check (state in ('open', 'reopened', 'fixed')),
  severity text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  default_severity text check (default_severity in ('info', 'low', 'medium', 'high', 'critical')),
  severity_modification text check (severity_modification in ('none', 'recasted', 'accepted')),
  modification_reason text,
  first_found timestamptz,
  last_found timestamptz,
  last_fixed timestamptz,
  resurfaced_date timestamptz,
  version_at timestamptz,
  service text,
  sensor text,
  scan_uuid text,
  scan_schedule_uuid text,
  scan_started_at timestamptz,
  scan_completed_at timestamptz,
  scan_target text,
  finding_native_id text,
  output text,
  extra jsonb
);
comment on table file_import_row is 'rows of a file as they stand; several may be about one finding';
create index file_import_row_key_idx on file_import_row (import_id, native_id, plugin_id, port, protocol, instance);

create table file_import_compliance (
  import_id bigint not null references file_import on delete cascade,
  row_number bigint not null,
  native_id text collate "C" not null,
  result jsonb not null
);
create index file_import_compliance_idx on file_import_compliance (import_id, row_number);

create table file_import_rejected (
  import_id bigint not null references file_import on delete cascade,
  row_number bigint not null,
  reason text not null,
  raw text not null
);
comment on table file_import_rejected is 'rows that could not be read';
create index file_import_rejected_idx on file_import_rejected (import_id, row_number);

create table file_import_issue (
  import_id bigint not null references file_import on delete cascade,
  row_number bigint not null,
  field text not null,
  problem text not null
);
create index file_import_issue_idx on file_import_issue (import_id, row_number);

create table file_import_plan (
  import_id bigint not null references file_import on delete cascade,
  step bigint not null,
  action text not null
    check (action in ('open', 'add_fixed', 'return', 'reopen', 'close', 'change', 'update', 'same', 'older', 'absent', 'gone')),
  row_number bigint,
  row_count integer not null default 0,
  known_as text collate "C" not null,
  known_asset bigint,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  facts jsonb not null,
  before jsonb,
  undo text check (undo in ('reverted', 'kept')),
  primary key (import_id, step)
);
comment on table file_import_plan is 'what applying a file does to each finding, and what was there before';
comment on column file_import_plan.action is 'absent: closed because the file does not have it though it should; gone: ended with its machine';
create index file_import_plan_action_idx on file_import_plan (import_id, action, step);

comment on table file_import_plugin is 'a plugin as a file tells of it';
comment on table file_import_compliance is 'one audit result of a file, staged';
comment on table file_import_issue is 'a field of a row of a file that is not as it should be; the row is taken without it';
