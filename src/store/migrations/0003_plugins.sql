-- The vendor's checks: one row for all sources, but for custom plugins, which belong to the source that made them.

create table plugin (
  plugin_id integer not null,
  -- 0: shared by all sources; else the source a custom plugin belongs to
  owner_source_id integer not null default 0,
  name text,
  family text,
  family_id integer,
  type text,
  version text,
  risk_factor text,
  synopsis text,
  description text,
  solution text,
  published_at timestamptz,
  modified_at timestamptz,
  patch_published_at timestamptz,
  vuln_published_at timestamptz,
  cves text[],
  cpes text[],
  bids integer[],
  see_also text[],
  xrefs text[],
  ms_bulletins text[],
  cvss2_base_score double precision,
  cvss2_temporal_score double precision,
  cvss2_vector text,
  cvss3_base_score double precision,
  cvss3_temporal_score double precision,
  cvss3_vector text,
  cvss4_base_score double precision,
  cvss4_vector text,
  vpr_score double precision,
  vpr_updated_at timestamptz,
  vpr jsonb,
  vpr_v2_score double precision,
  vpr_v2 jsonb,
  epss_score double precision,
  is_kev boolean,
  exploit_available boolean,
  exploitability_ease text,
  exploited_by_malware boolean,
  exploited_by_nessus boolean,
  exploit_frameworks text[],
  has_patch boolean,
  has_workaround boolean,
  in_the_news boolean,
  unsupported_by_vendor boolean,
  checks_for_default_account boolean,
  checks_for_malware boolean,
  stig_severity text,
  extra jsonb,
  -- lower wins at equal modification: findings of VM 2, its catalogue 3, SC 4 and 5, Nessus 6 and 7, files 8 and 9
  source_rank integer not null,
  read_at timestamptz not null,
  -- fingerprint of the description merged last: the same one again need not be compared
  incoming_hash bigint not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (plugin_id, owner_source_id)
);
comment on table plugin is 'one vendor check; the newer modification wins and null never overwrites';
comment on column plugin.epss_score is '0 to 1';

create table plugin_change (
  plugin_id integer not null,
  owner_source_id integer not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed jsonb not null,
  primary key (plugin_id, owner_source_id, run_id)
);
comment on table plugin_change is 'what one run changed in a plugin: column → the value before';
