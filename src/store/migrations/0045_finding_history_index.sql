-- Lists of the past ask of single findings whether anything happened to them since: without this, of each event of their asset.
create index if not exists finding_event_finding_idx on finding_event (asset_id, plugin_id);
