-- With a whole plugin feed this table has a quarter of a million wide rows: what people ask of it most must not read them
-- all. Known to be exploited; about a CVE; by name; riskiest first.

create index plugin_kev_idx on plugin (plugin_id) where is_kev;
create index plugin_cve_idx on plugin using gin (cves);
-- name itself is there so that a search for a part of it reads the index alone
create index plugin_name_idx on plugin (lower(coalesce(name, '')) collate "C", plugin_id, owner_source_id) include (name);
create index plugin_vpr_idx on plugin (coalesce(vpr_score, -1), plugin_id, owner_source_id);
