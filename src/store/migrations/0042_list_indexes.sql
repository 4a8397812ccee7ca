-- Lists in their own order also of fixed and of ended findings, of modified severities, and by when they changed.
-- A restored backup of an older schema has those of finding before it is brought up to this one.

create index if not exists finding_fixed_order_idx on finding (severity_rank(severity), last_found, asset_id, plugin_id)
  where state = 'fixed' and ended_at is null;
create index if not exists finding_ended_idx on finding (severity_rank(severity), last_found, asset_id, plugin_id) where ended_at is not null;
create index if not exists finding_modified_idx on finding (severity_modification, severity_rank(severity), last_found)
  where severity_modification <> 'none';
-- rows of one transaction share its moment, so that an entry is a few bytes
drop index if exists finding_changed_idx;
create index if not exists finding_changed_idx on finding (changed_at);

-- with all that counts of checks ask, so that the index alone is read
drop index compliance_result_check_idx;
create index compliance_result_check_idx on compliance_result (check_id, state, asset_id) include (last_seen, ended_at);

-- how many assets have one tag: by key and value apart it would be guessed ten times too few
create statistics asset_tag_pair (mcv) on tag_key, tag_value from asset_tag;
analyze asset_tag;
