-- Sources that are limited to a part of what they have, and runs that read a few assets or one plugin.

alter table run add column target jsonb;
comment on column run.target is 'of a targeted run: asset_ids (ours) or plugin_ids; null for every other kind';
-- What ran before there were scopes asked for everything.
alter table run add column scope jsonb default '{}';
alter table run alter column scope drop default;
comment on column run.scope is
  'what the run asked the source for: tags, networks, severities, in one spelling; {} is everything, null not planned yet';

-- A targeted run may go on beside the one run that a source has; those of one source take turns.
drop index run_active_idx;
create unique index run_active_idx on run (source_id) where status in ('pending', 'running') and kind <> 'targeted';
create index run_targeted_idx on run (source_id, run_id) where status in ('pending', 'running') and kind = 'targeted';

alter table asset add column out_of_scope_at timestamptz;
comment on column asset.out_of_scope_at is
  'the reading, on the vendor''s clock, that found it outside the scope of its source; null while it is within';
create index asset_out_of_scope_idx on asset (source_id) where out_of_scope_at is not null;

alter table asset_event drop constraint asset_event_kind_check;
alter table asset_event add constraint asset_event_kind_check
  check (kind in ('appeared', 'status', 'licence', 'tracking', 'names', 'addresses', 'tags', 'scope'));

alter table asset_total add column out_of_scope integer not null default 0;
comment on column asset_total.out_of_scope is 'of the ended ones, those outside the scope of their source';

alter table sweep
  add column assets_out_of_scope integer not null default 0,
  add column findings_out_of_scope integer not null default 0;
comment on column sweep.assets_out_of_scope is 'assets that the run left outside the scope; marked at once, whatever becomes of the rest';
alter table sweep_finding drop constraint sweep_finding_cause_check;
alter table sweep_finding add constraint sweep_finding_cause_check
  check (cause in ('asset_gone', 'superseded', 'withdrawn', 'unconfirmed', 'out_of_scope'));
