-- A sweep that a person confirmed is carried out by whoever works on runs, and not in the call that confirmed it.

alter table sweep drop constraint sweep_status_check;
alter table sweep add constraint sweep_status_check
  check (status in ('applied', 'confirmed', 'held', 'rejected', 'skipped'));
alter table sweep add column owner text;
alter table sweep add column assets_to_do integer;
alter table sweep add column assets_done integer;
alter table sweep add column applied_at timestamptz;
alter table sweep add column error_message text;
comment on column sweep.owner is 'who carries out a confirmed one';
comment on column sweep.assets_to_do is 'assets whose rows a confirmed one ends; null until somebody began';
comment on column sweep.assets_done is 'of those, the ones that are done';
comment on column sweep.error_message is 'why a confirmed one could not be carried out at the last try; it is tried again';
update sweep set applied_at = decided_at where status = 'applied';
create index sweep_confirmed_idx on sweep (decided_at) where status = 'confirmed';

-- Compliance results of assets that are outside the scope of their source end as findings do.
alter table compliance_result drop constraint compliance_result_end_cause_check;
alter table compliance_result add constraint compliance_result_end_cause_check
  check (end_cause in ('asset_gone', 'withdrawn', 'out_of_scope'));
alter table compliance_event drop constraint compliance_event_cause_check;
alter table compliance_event add constraint compliance_event_cause_check
  check (cause in ('source', 'asset_gone', 'withdrawn', 'out_of_scope'));

-- What was outside the scope on a day is told from these events, a few among many.
create index finding_event_scope_idx on finding_event (source_id)
  where cause = 'out_of_scope' or before ->> 'end_cause' = 'out_of_scope';
