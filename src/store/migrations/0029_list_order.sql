-- Lists read an order from its index only when every column goes the same way: rows of one instant (a scan ends for all its
-- hosts at once) had to be sorted by hundreds of thousands for a page of fifty.

drop index if exists finding_open_idx;
create index finding_open_idx on finding (severity_rank(severity), last_found, asset_id, plugin_id)
  where state <> 'fixed' and ended_at is null;
-- which assets are in the default count, without their wide rows
create index asset_counted_idx on asset (asset_id)
  where status = 'live' and is_licensed is not false and is_tracked is not false;
