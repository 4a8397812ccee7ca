-- Secondary indexes of the large tables. store/secondary-indexes.ts holds the same list: a first load drops them and
-- builds them when it ends.

create index asset_source_idx on asset (source_id, status);
create index asset_changed_idx on asset (changed_at, asset_id);
-- list pages of open findings, worst and newest first
create index finding_open_idx on finding (severity_rank(severity) desc, last_found desc, asset_id, plugin_id)
  where state <> 'fixed' and ended_at is null;
-- who has this plugin
create index finding_plugin_idx on finding (plugin_id, asset_id);
-- rows changed since: written in time order, so a block range is enough
create index finding_changed_idx on finding using brin (changed_at) with (pages_per_range = 32);
-- look-up by the vendor's finding id
create index finding_native_idx on finding using hash (native_id);
