-- The days of single assets: totals are kept of whole sources, and of some assets of one every event was folded for each answer.

create table asset_steps (
  asset_id bigint primary key,
  source_id integer not null,
  steps bigint[] not null
);
comment on table asset_steps is 'what the findings of one asset add to and take from the totals of days';
comment on column asset_steps.steps is
  'each a day (from bit 39, days since 2000-01-01), standing, severity and state (7 bits, their places in their lists) and how many findings (32 bits, from -2^31); several of one day add up, and up to a day they add up to what was at its end';

create table asset_step_change (
  asset_id bigint not null,
  step_change_id bigint generated always as identity,
  source_id integer not null,
  steps bigint[] not null,
  primary key (asset_id, step_change_id)
);
comment on table asset_step_change is 'what parts of runs have added to asset_steps, not yet in it';

alter table daily_span add column has_assets boolean not null default false;
comment on column daily_span.has_assets is 'whether asset_steps is kept of the source; false: it is made when a run of the source closes';
