-- When each source is read by itself. The queue is the ledger: a schedule that is due makes a pending run.

create table schedule (
  schedule_id integer generated always as identity primary key,
  source_id integer not null references source on delete cascade,
  name text not null check (name <> ''),
  kind text not null check (kind in ('full', 'delta')),
  streams text[] check (cardinality(streams) > 0),
  cron text check (cron <> ''),
  interval_hours double precision check (interval_hours > 0),
  anchor_at timestamptz not null default now(),
  time_zone text not null default 'UTC' check (time_zone <> ''),
  jitter_seconds integer not null default 0 check (jitter_seconds >= 0),
  blackout jsonb not null default '[]' check (jsonb_typeof(blackout) = 'array'),
  is_paused boolean not null default false,
  next_at timestamptz,
  longest_gap_hours double precision not null check (longest_gap_hours > 0),
  last_due_at timestamptz,
  last_run_id bigint references run on delete set null,
  managed_by text not null default 'people' check (managed_by in ('people', 'environment')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (source_id, name),
  check ((cron is null) <> (interval_hours is null))
);
comment on table schedule is 'when a source is read by itself, and what of it';
comment on column schedule.streams is 'null: all that the source offers';
comment on column schedule.cron is 'five parts, on the wall clock of time_zone';
comment on column schedule.interval_hours is 'hours that pass, counted from anchor_at';
comment on column schedule.jitter_seconds is 'each time is moved by up to so many, the same on every server';
comment on column schedule.blackout is 'when nothing starts: [{"days": ["mon"], "from": "08:00", "to": "18:00"}], on the wall clock of time_zone';
comment on column schedule.next_at is 'when it is due; null until a server has reckoned it. Whoever moves it on has queued the run';
comment on column schedule.longest_gap_hours is 'the longest time between two runs of it: older data is late';
comment on column schedule.last_due_at is 'when it was last due, and ran or found its work being done';
comment on column schedule.last_run_id is 'the run that did its work';

-- Sources that are there already get what a new one gets; the environment's follows the environment at the next start.
insert into schedule (source_id, name, kind, streams, cron, interval_hours, longest_gap_hours, managed_by)
select s.source_id, d.name, d.kind, d.streams, d.cron, d.interval_hours, d.longest_gap_hours, s.managed_by
from source s
cross join (values
  ('changes', 'delta', array['assets', 'findings'], null, 4, 4),
  ('plugins', 'delta', array['plugins'], '30 1 * * *', null, 24),
  ('everything', 'full', null, '0 2 * * sun', null, 168)
) as d (name, kind, streams, cron, interval_hours, longest_gap_hours)
where s.removed_at is null
order by s.source_id;
