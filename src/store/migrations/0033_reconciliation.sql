-- From files to the API: what each of the two says of one estate, why they differ, and who decided to give the files up.
-- Small tables, but for the differences, which are kept of the latest comparisons alone; local on every layout.

create table reconciliation_pair (
  pair_id integer generated always as identity primary key,
  files_source_id integer not null references source,
  api_source_id integer not null references source,
  is_automatic boolean not null default true,
  created_by text not null,
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  check (files_source_id <> api_source_id)
);
comment on table reconciliation_pair is 'a source of files and the source that is to take its place';
comment on column reconciliation_pair.is_automatic is 'compared by itself after each import of the one and each run of the other';
create unique index reconciliation_pair_files_idx on reconciliation_pair (files_source_id) where removed_at is null;
create index reconciliation_pair_api_idx on reconciliation_pair (api_source_id) where removed_at is null;

create table reconciliation (
  reconciliation_id bigint generated always as identity primary key,
  kind text not null check (kind in ('files', 'counts')),
  pair_id integer references reconciliation_pair,
  files_source_id integer references source,
  api_source_id integer not null references source,
  trigger text not null check (trigger in ('import', 'sync', 'api', 'cli')),
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  owner text,
  heartbeat_at timestamptz,
  started_by text not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  files_at timestamptz,
  api_at timestamptz,
  previous_id bigint,
  totals jsonb,
  has_differences boolean not null default false,
  error_code text,
  error_message text,
  check ((kind = 'files') = (pair_id is not null and files_source_id is not null))
);
comment on table reconciliation is 'one comparison: of files with the API, or of what the source counts of itself with the mirror';
comment on column reconciliation.files_at is 'the moment that the latest applied file speaks for';
comment on column reconciliation.api_at is 'up to when the findings of the API source were known complete';
comment on column reconciliation.previous_id is 'the comparison before: what was a matter of time then is gone, or has another cause';
comment on column reconciliation.has_differences is 'its differences are still kept, and not its numbers alone';
create unique index reconciliation_running_idx on reconciliation (kind, api_source_id, coalesce(files_source_id, 0))
  where status = 'running';
create index reconciliation_latest_idx on reconciliation (api_source_id, kind, reconciliation_id desc);

create table reconciliation_difference (
  reconciliation_id bigint not null references reconciliation on delete cascade,
  difference_no bigint not null,
  level text not null check (level in ('asset', 'finding', 'count')),
  kind text not null check (kind in ('only_files', 'only_api', 'severity', 'state')),
  cause text not null
    check (cause in ('licensed', 'info', 'window', 'state', 'recast', 'scope', 'identity', 'rejected', 'timing', 'missing',
                     'unexplained')),
  was text
    check (was in ('licensed', 'info', 'window', 'state', 'recast', 'scope', 'identity', 'rejected', 'timing', 'missing',
                   'unexplained')),
  evidence jsonb not null,
  files_asset_id bigint,
  api_asset_id bigint,
  asset text,
  plugin_id integer,
  port integer,
  protocol text collate "C",
  instance text collate "C",
  severity text check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  files_count bigint,
  api_count bigint,
  primary key (reconciliation_id, difference_no)
);
comment on table reconciliation_difference is 'one place where the two differ, with its cause and the facts it rests on';
comment on column reconciliation_difference.level is 'asset: nothing of it is open on one side; finding; count: of a plugin and severity';
comment on column reconciliation_difference.was is 'the cause that the comparison before gave the same difference; null when it is new';
comment on column reconciliation_difference.severity is 'on the side that has it, the API''s where both have';
comment on column reconciliation_difference.files_count is 'open findings of the asset in the files; at level count, as the source counts them';
comment on column reconciliation_difference.api_count is 'open findings of the asset in the API source; at level count, as the mirror has them';
create index reconciliation_difference_cause_idx on reconciliation_difference (reconciliation_id, cause, difference_no);

create table cutover (
  cutover_id integer generated always as identity primary key,
  pair_id integer not null references reconciliation_pair,
  files_source_id integer not null references source,
  api_source_id integer not null references source,
  reconciliation_id bigint not null,
  status text not null default 'signed' check (status in ('signed', 'undone')),
  signed_by text not null,
  signed_at timestamptz not null default now(),
  numbers jsonb not null,
  open_differences bigint not null,
  accepted_reason text,
  restore_point jsonb not null,
  reopened_by text,
  reopened_at timestamptz,
  reopen_reason text,
  undone_by text,
  undone_at timestamptz,
  undo_reason text,
  undo_numbers jsonb,
  check (open_differences = 0 or accepted_reason is not null)
);
comment on table cutover is 'somebody gave a source of files up for the API, with the numbers they saw; its imports are off until it is undone';
comment on column cutover.numbers is 'the totals of the comparison that was signed';
comment on column cutover.open_differences is 'of those, the ones that nothing explains';
comment on column cutover.restore_point is 'how the source of files was: its last import, its open findings and their checksum';
comment on column cutover.reopened_at is 'imports were let in again by hand; null while they are off but for an outage of the API';
create unique index cutover_signed_idx on cutover (files_source_id) where status = 'signed';
