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
