-- Verdicts on the store itself: what `tenfold verify` found, and what it put right.

create table verification (
  verification_id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  program_version text not null,
  verdict text not null check (verdict in ('sound', 'damaged')),
  checks integer not null,
  damages jsonb not null default '[]',
  repaired jsonb not null default '[]'
);
comment on table verification is 'one look at everything that must be true of a sound store';
comment on column verification.checks is 'how many things were looked at';
comment on column verification.damages is 'what was wrong at the end: [{"check", "about", "found", "samples", "repair"}]';
comment on column verification.repaired is 'what was put right: [{"repair", "count"}]';
