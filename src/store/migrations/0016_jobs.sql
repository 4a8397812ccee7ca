-- Several processes on one run, one budget for each key, and the health of each source.

alter table export_job add column offer jsonb;
comment on column export_job.offer is 'what another process needs to read its parts: the plan of its holder, with the fence it holds for; null until they may be read';

alter table export_chunk
  add column owner text,
  add column failure jsonb,
  add column faults text[] not null default '{}';
comment on column export_chunk.owner is 'the process that reads it; with attempts, the claim that its commit must still hold';
comment on column export_chunk.failure is 'how the last reading by another process failed, for the holder of the run to judge';
comment on column export_chunk.faults is 'codes of the readings that failed, also when a later one succeeded';
create index export_chunk_open_idx on export_chunk (export_job_id, status, available_at) where status in ('available', 'reading');
comment on index export_chunk_open_idx is 'parts to claim, and parts whose owner may be gone';

create table worker (
  owner text primary key,
  role text not null check (role in ('server', 'worker', 'command')),
  threads integer not null,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp()
);
comment on table worker is 'a process that reads sources: while its heartbeat is young its parts are its own';

create table request_budget (
  key_hash text primary key,
  tokens double precision not null,
  granted double precision not null,
  counted_at timestamptz not null,
  paused_until timestamptz
);
comment on table request_budget is 'the token bucket of one key of one address, shared by every process that uses it';
comment on column request_budget.granted is 'what the last one who asked was given';
comment on column request_budget.paused_until is 'the source asked all that use the key to wait (Retry-After)';

create table source_health (
  source_id integer primary key references source on delete cascade,
  failures integer not null default 0,
  circuit text not null default 'closed' check (circuit in ('closed', 'open', 'half_open')),
  opened_at timestamptz,
  probe_at timestamptz,
  needs_key_at timestamptz,
  paused_at timestamptz,
  error_code text,
  error_message text,
  updated_at timestamptz not null default now()
);
comment on table source_health is 'why nothing of a source starts by itself: its circuit is open, it needs a new key, or somebody paused it';
comment on column source_health.failures is 'runs in a row that the source refused or that could not reach it';
comment on column source_health.probe_at is 'when a scheduled run may try again while the circuit is open';
comment on column source_health.needs_key_at is 'since when its key is refused; null again when a new one is saved or it is accepted';

create table chunk_size (
  source_id integer not null references source on delete cascade,
  stream text not null,
  size integer not null check (size > 0),
  reason text not null,
  updated_at timestamptz not null default now(),
  primary key (source_id, stream)
);
comment on table chunk_size is 'assets in a chunk of the next export, where the last one was too heavy for what is configured';

alter table source_call add column latencies integer[] not null default '{}';
comment on column source_call.latencies is 'of the timed calls, how many took up to 50, 100, 200, 400, 800, 1600, 3200, 5000, 10000 ms, and more';
