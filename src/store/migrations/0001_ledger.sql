-- Who is mirrored, by which run, and what was asked and read. Small tables, local on every layout: foreign keys allowed.

create table tenant (
  tenant_id integer generated always as identity primary key,
  name text not null unique check (name <> ''),
  created_at timestamptz not null default now()
);
comment on table tenant is 'a customer or department; identities never cross it';
insert into tenant (name) values ('default');

create table source (
  source_id integer generated always as identity primary key,
  tenant_id integer not null references tenant,
  name text not null check (name <> ''),
  kind text not null check (kind in ('tenable-vm', 'tenable-sc', 'nessus', 'files')),
  base_url text not null,
  credentials bytea,
  credentials_key_id text,
  access_key_hint text,
  settings jsonb not null default '{}',
  fingerprint text,
  container_name text,
  last_role text,
  is_enabled boolean not null default true,
  managed_by text not null default 'people' check (managed_by in ('people', 'environment')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  removed_at timestamptz,
  unique (tenant_id, name)
);
comment on table source is 'a configured place: one VM container, one Security Center, one Nessus, one folder of files';
comment on column source.credentials is 'sealed with AES-256-GCM under credentials_key_id; never returned';
comment on column source.access_key_hint is 'the last four characters of the access key, for a person to recognise it';
comment on column source.fingerprint is 'what the source first said it is; a run that meets another refuses';
create unique index source_environment_idx on source (tenant_id) where managed_by = 'environment' and removed_at is null;

create table sealing_key (
  key_id text primary key,
  check_value bytea not null,
  created_at timestamptz not null default now()
);
comment on table sealing_key is 'a known text sealed with each key, so that a wrong key is refused by name';

create table run (
  run_id bigint generated always as identity primary key,
  source_id integer not null references source,
  kind text not null check (kind in ('full', 'delta', 'targeted', 'import')),
  trigger text not null check (trigger in ('cli', 'api', 'schedule', 'start', 'demo')),
  streams text[] not null,
  status text not null default 'pending'
    check (status in ('pending', 'running', 'completed', 'partial', 'failed', 'cancelled')),
  fence bigint not null default 0,
  owner text,
  heartbeat_at timestamptz,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  error_code text,
  error_message text,
  notes text[] not null default '{}'
);
comment on table run is 'one attempt to bring a source up to date';
comment on column run.fence is 'raised by whoever takes the run over; work of an older holder is refused at commit';
create index run_source_idx on run (source_id, run_id desc);
create unique index run_active_idx on run (source_id) where status in ('pending', 'running');

create table run_stream (
  run_id bigint not null references run on delete cascade,
  stream text not null check (stream in ('assets', 'findings', 'plugins')),
  status text not null default 'pending'
    check (status in ('pending', 'planning', 'reading', 'completed', 'incomplete', 'skipped', 'failed', 'cancelled')),
  since timestamptz,
  watermark_at timestamptz,
  vendor_status text,
  parts_total integer,
  error_code text,
  error_message text,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (run_id, stream)
);
comment on table run_stream is 'one collection of the source within a run; counts are the sum of its chunks';
comment on column run_stream.since is 'null: everything the source has';
comment on column run_stream.watermark_at is 'the instant up to which the stream is known complete, when status is completed';

create table export_job (
  export_job_id bigint generated always as identity primary key,
  run_id bigint not null references run on delete cascade,
  stream text not null,
  export_id text not null,
  asked jsonb not null,
  echoed jsonb,
  notes text[] not null default '{}',
  read_at timestamptz not null,
  status text not null default 'open' check (status in ('open', 'complete', 'incomplete', 'expired', 'cancelled')),
  reason text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (run_id, stream, export_id)
);
comment on table export_job is 'the vendor''s job, or our paging of a list: what was asked and what the vendor understood';

create table export_chunk (
  export_job_id bigint not null references export_job on delete cascade,
  part_id text not null,
  detail jsonb not null,
  status text not null default 'available'
    check (status in ('available', 'reading', 'done', 'failed', 'cancelled')),
  attempts integer not null default 0,
  bytes bigint not null default 0,
  received integer not null default 0,
  inserted integer not null default 0,
  changed integer not null default 0,
  unchanged integer not null default 0,
  rejected integer not null default 0,
  error_code text,
  error_message text,
  available_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  decode_ms integer,
  stage_ms integer,
  merge_ms integer,
  primary key (export_job_id, part_id)
);
comment on table export_chunk is 'done in the transaction that merged it; a crash resumes from the rest';

create table rejected_record (
  rejected_id bigint generated always as identity primary key,
  run_id bigint not null,
  source_id integer not null,
  stream text not null,
  export_id text not null,
  part_id text not null,
  reason text not null,
  raw text not null,
  recorded_at timestamptz not null default now()
);
comment on table rejected_record is 'a record we could not read, kept whole for a person and for a replay';
create index rejected_record_run_idx on rejected_record (run_id, rejected_id);

create table quality_issue (
  issue_id bigint generated always as identity primary key,
  run_id bigint not null,
  source_id integer not null,
  stream text not null,
  field text not null,
  problem text not null,
  record text not null,
  recorded_at timestamptz not null default now()
);
comment on table quality_issue is 'a record we kept though something in it is impossible';
create index quality_issue_run_idx on quality_issue (run_id, issue_id);

create table audit_event (
  audit_id bigint generated always as identity primary key,
  recorded_at timestamptz not null,
  actor_kind text not null check (actor_kind in ('cli', 'schedule', 'local', 'user', 'system')),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null,
  previous_hash bytea not null,
  hash bytea not null
);
comment on table audit_event is 'append-only and hash-chained: who started, stopped and changed what';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end
$$;
create trigger audit_event_append_only before update or delete or truncate on audit_event
  for each statement execute function refuse_change();

create table outbox (
  outbox_id bigint generated always as identity primary key,
  topic text not null,
  source_id integer not null,
  run_id bigint,
  subject jsonb not null,
  recorded_at timestamptz not null default now(),
  delivered_at timestamptz
);
comment on table outbox is 'what somebody may want to hear of, written in the transaction that made it true';
create index outbox_undelivered_idx on outbox (outbox_id) where delivered_at is null;
