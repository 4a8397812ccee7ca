-- The schema that the migrations produce. Made by `npm run schema`, checked by a test; to be reviewed, never to be run.

create schema compat;
comment on schema compat is 'read-only views under the names that older dashboards and scripts expect';

CREATE OR REPLACE FUNCTION public.archive_horizon(classes text[])
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT max(f.horizon_at) AS max FROM archive_file f WHERE ((f.status = 'archived'::text) AND (f.class = ANY (archive_horizon.classes))));
comment on function archive_horizon(text[]) is 'before it, something of these classes is in the archive; null when nothing is';

CREATE OR REPLACE FUNCTION public.asset_standing(status text, is_licensed boolean, is_tracked boolean)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (status <> 'live'::text) THEN 'gone'::text WHEN (is_licensed IS FALSE) THEN 'unlicensed'::text WHEN (is_tracked IS FALSE) THEN 'untracked'::text ELSE 'counted'::text END;
comment on function asset_standing(text,boolean,boolean) is 'what the default count makes of the findings of an asset';

CREATE OR REPLACE FUNCTION compat.row_id(key text)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (((('x'::text || "left"(encode(sha256(convert_to(key, 'UTF8'::name)), 'hex'::text), 16)))::bit(64))::bigint & '9223372036854775807'::bigint);
comment on function compat.row_id(text) is 'a number from a key: the same on every server, and positive';

CREATE OR REPLACE FUNCTION public.history_day(happened_at timestamp with time zone, recorded_at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN GREATEST(((COALESCE(happened_at, recorded_at) AT TIME ZONE 'utc'::text))::date, '2000-01-01'::date);
comment on function history_day(timestamp with time zone,timestamp with time zone) is 'the day in UTC that an event counts on; a date before 2000 is a mistake and counts on the first day of it';

CREATE OR REPLACE FUNCTION public.history_horizon()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN archive_horizon(ARRAY['finding_event'::text, 'asset_event'::text]);
comment on function history_horizon() is 'an instant before it cannot be told from the events that are here alone';

CREATE OR REPLACE FUNCTION public.inet_or_null(address text)
 RETURNS inet
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  if address ~ '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$' then
    return address::inet;
  end if;
  -- Sources send what they like; one text that is no address must not fail the whole statement.
  if address !~ '^[0-9a-fA-F:.]{2,45}$' then
    return null;
  end if;
  return address::inet;
exception when invalid_text_representation then
  return null;
end
$function$;
comment on function inet_or_null(text) is 'an address, or null for a text that is none';

CREATE OR REPLACE FUNCTION public.ipv6_or_null(address text)
 RETURNS inet
 LANGUAGE plpgsql
 IMMUTABLE STRICT
AS $function$
begin
  return case when family(address::inet) = 6 then host(address::inet)::inet end;
exception when data_exception then
  return null;
end
$function$;
comment on function ipv6_or_null(text) is 'an address as the source wrote it, or null when it is none';

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name;
end
$function$;

CREATE OR REPLACE FUNCTION public.severity_rank(severity text)
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE severity WHEN 'critical'::text THEN 4 WHEN 'high'::text THEN 3 WHEN 'medium'::text THEN 2 WHEN 'low'::text THEN 1 WHEN 'info'::text THEN 0 ELSE NULL::integer END;

create sequence asset_event_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 100;

create sequence asset_group_event_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 100;

create sequence compliance_event_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 100;

create sequence finding_event_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1000;

create table access_link (
  link_id integer not null generated always as identity,
  link_hash bytea not null,
  purpose text not null,
  user_id integer,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint access_link_pkey PRIMARY KEY (link_id),
  constraint access_link_link_hash_key UNIQUE (link_hash),
  constraint access_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE CASCADE,
  constraint access_link_check CHECK ((user_id IS NULL) = (purpose = 'setup'::text)),
  constraint access_link_purpose_check CHECK (purpose = ANY (ARRAY['setup'::text, 'password'::text, 'sign_in'::text]))
);
comment on table access_link is 'a link that works once: to make the first account, to choose a password, to sign in; gone when used';
comment on column access_link.link_hash is 'SHA-256 of the random part of the link';

create table agent (
  source_id integer not null,
  native_id text collate "C" not null,
  uuid text,
  asset_native_id text collate "C",
  name text not null,
  platform text,
  distro text,
  ip_address text,
  status text,
  health text,
  groups text[] not null default '{}'::text[],
  network_id text,
  network_name text,
  profile_name text,
  core_version text,
  core_build text,
  plugin_set text,
  linked_at timestamptz,
  last_connect_at timestamptz,
  last_scanned_at timestamptz,
  extra jsonb,
  row_hash bigint not null,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  gone_at timestamptz,
  constraint agent_pkey PRIMARY KEY (source_id, native_id)
);
comment on table agent is 'one agent linked to one source';
comment on column agent.asset_native_id is 'the source''s id of the asset it is installed on; null when the source does not say';
comment on column agent.status is 'on, off or init, in the vendor''s words';
comment on column agent.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it: it was unlinked; null while it is there';
CREATE INDEX agent_name_idx ON agent USING btree (lower(name) COLLATE "C", source_id, native_id);

create table api_token (
  token_id integer not null generated always as identity,
  user_id integer not null,
  name text not null,
  prefix text not null,
  token_hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  constraint api_token_pkey PRIMARY KEY (token_id),
  constraint api_token_prefix_key UNIQUE (prefix),
  constraint api_token_token_hash_key UNIQUE (token_hash),
  constraint api_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE CASCADE,
  constraint api_token_name_check CHECK (name <> ''::text),
  constraint api_token_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read'::text, 'sync'::text, 'manage'::text])
);
comment on table api_token is 'what a program shows instead of a session; it may what its user may, within its scopes';
comment on column api_token.prefix is 'the part that may be shown, to tell tokens apart';
comment on column api_token.token_hash is 'SHA-256 of the whole token, which is too long to be guessed';
comment on column api_token.last_used_at is 'to the minute';
CREATE INDEX api_token_user_idx ON api_token USING btree (user_id);

create table app_user (
  user_id integer not null generated always as identity,
  user_name text not null,
  display_name text not null,
  password_hash text,
  is_disabled boolean not null default false,
  oidc_issuer text,
  oidc_subject text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  password_changed_at timestamptz,
  last_sign_in_at timestamptz,
  constraint app_user_pkey PRIMARY KEY (user_id),
  constraint app_user_oidc_issuer_oidc_subject_key UNIQUE (oidc_issuer, oidc_subject),
  constraint app_user_check CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL)),
  constraint app_user_display_name_check CHECK (display_name <> ''::text),
  constraint app_user_user_name_check CHECK (user_name <> ''::text)
);
comment on table app_user is 'a person, or a program of theirs, that may sign in';
comment on column app_user.password_hash is 'argon2id with its salt and parameters; null: no password, signs in by a link or through the identity provider';
comment on column app_user.oidc_subject is 'who this is at oidc_issuer; names may change there, this does not';
CREATE UNIQUE INDEX app_user_name_idx ON app_user USING btree (lower(user_name));

create table archive_file (
  archive_file_id bigint not null generated always as identity,
  class text not null,
  month date not null,
  horizon_at timestamptz not null,
  file_name text not null,
  status text not null default 'writing'::text,
  row_count bigint not null default 0,
  removed_count bigint not null default 0,
  file_bytes bigint not null default 0,
  file_sha256 text,
  rows_sha256 text,
  first_at timestamptz,
  last_at timestamptz,
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  restored_at timestamptz,
  constraint archive_file_pkey PRIMARY KEY (archive_file_id),
  constraint archive_file_file_name_key UNIQUE (file_name),
  constraint archive_file_class_fkey FOREIGN KEY (class) REFERENCES retention_rule(class),
  constraint archive_file_file_name_check CHECK (file_name <> ''::text),
  constraint archive_file_month_check CHECK (EXTRACT(day FROM month) = 1::numeric),
  constraint archive_file_status_check CHECK (status = ANY (ARRAY['writing'::text, 'written'::text, 'archived'::text, 'restored'::text]))
);
comment on table archive_file is 'one class and month of old rows, in a Parquet file';
comment on column archive_file.horizon_at is 'what it was archived up to; answers about before lack its rows';
comment on column archive_file.status is 'writing: a crash begins again; written: whole and checked, its rows still here; archived: its rows are gone from here';
comment on column archive_file.rows_sha256 is 'of the rows as text, in their order: what a reader must get back';
CREATE INDEX archive_file_class_idx ON archive_file USING btree (class, month);

create table archive_store (
  is_only boolean not null default true,
  store_id uuid not null default gen_random_uuid(),
  constraint archive_store_pkey PRIMARY KEY (is_only),
  constraint archive_store_is_only_check CHECK (is_only)
);
comment on table archive_store is 'the name of this store in its archive files: rows go back only to where their ids mean the same';

create table asset (
  asset_id bigint not null,
  source_id integer not null,
  native_id text collate "C" not null,
  name text not null,
  status text not null,
  is_provisional boolean not null default false,
  is_licensed boolean,
  is_tracked boolean,
  is_public boolean,
  has_agent boolean,
  has_plugin_results boolean,
  types text[] not null default '{}'::text[],
  hostnames text[] not null default '{}'::text[],
  fqdns text[] not null default '{}'::text[],
  ipv4s text[] not null default '{}'::text[],
  ipv6s text[] not null default '{}'::text[],
  mac_addresses text[] not null default '{}'::text[],
  netbios_names text[] not null default '{}'::text[],
  operating_systems text[] not null default '{}'::text[],
  system_types text[] not null default '{}'::text[],
  agent_names text[] not null default '{}'::text[],
  ssh_fingerprints text[] not null default '{}'::text[],
  tpm_ids text[] not null default '{}'::text[],
  qualys_asset_ids text[] not null default '{}'::text[],
  qualys_host_ids text[] not null default '{}'::text[],
  symantec_hardware_keys text[] not null default '{}'::text[],
  agent_uuid text,
  agent_days_since_active integer,
  bios_uuid text,
  serial_number text,
  network_id text,
  network_name text,
  aws_ec2_instance_id text,
  aws_ec2_instance_ami_id text,
  aws_ec2_instance_group_name text,
  aws_ec2_instance_state_name text,
  aws_ec2_instance_type text,
  aws_ec2_name text,
  aws_ec2_product_code text,
  aws_owner_id text,
  aws_availability_zone text,
  aws_region text,
  aws_vpc_id text,
  aws_subnet_id text,
  azure_vm_id text,
  azure_resource_id text,
  gcp_project_id text,
  gcp_zone text,
  gcp_instance_id text,
  mcafee_epo_guid text,
  mcafee_epo_agent_guid text,
  servicenow_sysid text,
  bigfix_asset_id text,
  acr_score double precision,
  exposure_score double precision,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz,
  deleted_by text,
  terminated_at timestamptz,
  terminated_by text,
  first_seen timestamptz,
  last_seen timestamptz,
  first_scan_at timestamptz,
  last_scan_at timestamptz,
  last_authenticated_scan_at timestamptz,
  last_licensed_scan_at timestamptz,
  last_authentication_attempt_at timestamptz,
  last_authentication_success_at timestamptz,
  last_authentication_status text,
  last_scan_id text,
  last_schedule_id text,
  last_scan_target text,
  last_authenticated_results_at timestamptz,
  last_unauthenticated_results_at timestamptz,
  device_type text,
  netbios_workgroup text,
  sightings jsonb not null default '[]'::jsonb,
  open_ports jsonb not null default '[]'::jsonb,
  custom_attributes jsonb not null default '[]'::jsonb,
  resource_tags jsonb not null default '[]'::jsonb,
  ratings jsonb,
  extra jsonb,
  observed jsonb,
  observed_hash bigint,
  observed_at timestamptz,
  vendor_version_at timestamptz,
  read_at timestamptz,
  row_hash bigint,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  out_of_scope_at timestamptz,
  constraint asset_pkey PRIMARY KEY (asset_id),
  constraint asset_status_check CHECK (status = ANY (ARRAY['live'::text, 'deleted'::text, 'terminated'::text, 'aged_out'::text]))
);
comment on table asset is 'one asset as one source knows it';
comment on column asset.name is 'derived for people: the first of fqdn, hostname, netbios name, cloud name, address, native id';
comment on column asset.is_provisional is 'only a finding has named it so far';
comment on column asset.is_licensed is 'null when the source does not say';
comment on column asset.is_tracked is 'false when the source gives the machine a new id at each scan; said by findings';
comment on column asset.observed is 'what the newest finding read says of the asset';
comment on column asset.changed_at is 'when our row last changed; what updated_since compares';
comment on column asset.out_of_scope_at is 'the reading, on the vendor''s clock, that found it outside the scope of its source; null while it is within';
CREATE INDEX asset_agent_idx ON asset USING btree (source_id, agent_uuid) WHERE agent_uuid IS NOT NULL;
CREATE INDEX asset_changed_idx ON asset USING btree (changed_at, asset_id);
CREATE INDEX asset_counted_idx ON asset USING btree (asset_id) WHERE status = 'live'::text AND is_licensed IS NOT FALSE AND is_tracked IS NOT FALSE;
CREATE INDEX asset_last_scan_idx ON asset USING btree (last_scan_id) WHERE last_scan_id IS NOT NULL;
CREATE INDEX asset_network_idx ON asset USING btree (source_id, network_id) WHERE status = 'live'::text AND is_licensed IS NOT FALSE AND is_tracked IS NOT FALSE;
CREATE INDEX asset_out_of_scope_idx ON asset USING btree (source_id) WHERE out_of_scope_at IS NOT NULL;
CREATE INDEX asset_source_idx ON asset USING btree (source_id, status);

create table asset_alias (
  source_id integer not null,
  native_id text collate "C" not null,
  asset_id bigint not null generated by default as identity,
  created_at timestamptz not null default now(),
  constraint asset_alias_pkey PRIMARY KEY (source_id, native_id)
);
comment on table asset_alias is 'allocates asset_id; several of a source''s names may come to mean one asset';
CREATE INDEX asset_alias_asset_idx ON asset_alias USING btree (asset_id);

create table asset_compliance (
  asset_id bigint not null,
  audit_file text collate "C" not null,
  day date not null,
  state text not null,
  source_id integer not null,
  results integer not null,
  constraint asset_compliance_pkey PRIMARY KEY (asset_id, audit_file, day, state),
  constraint asset_compliance_state_check CHECK (state = ANY (ARRAY['passed'::text, 'failed'::text, 'warning'::text, 'skipped'::text, 'error'::text, 'unknown'::text]))
);
comment on table asset_compliance is 'what a day added to and took from the results of one asset under one audit file with an outcome; up to a day they add up to what was, in all to what is';
comment on column asset_compliance.day is 'in UTC, of the first sighting of a result, of its changes and of its end';

create table asset_event (
  asset_id bigint not null,
  recorded_at timestamptz not null default now(),
  event_id bigint not null default nextval('asset_event_id_seq'::regclass),
  happened_at timestamptz,
  run_id bigint,
  source_id integer not null,
  is_reconstructed boolean not null default false,
  is_licensed boolean,
  is_tracked boolean,
  kind text not null,
  status text not null,
  cause text not null,
  before jsonb,
  after jsonb,
  constraint asset_event_pkey PRIMARY KEY (asset_id, recorded_at, event_id),
  constraint asset_event_cause_check CHECK (cause = ANY (ARRAY['source'::text, 'absent'::text, 'person'::text])),
  constraint asset_event_kind_check CHECK (kind = ANY (ARRAY['appeared'::text, 'status'::text, 'licence'::text, 'tracking'::text, 'names'::text, 'addresses'::text, 'tags'::text, 'scope'::text])),
  constraint asset_event_status_check CHECK (status = ANY (ARRAY['live'::text, 'deleted'::text, 'terminated'::text, 'aged_out'::text]))
);
comment on table asset_event is 'one change of one asset: of its status, licence, names, addresses or tags';
comment on column asset_event.recorded_at is 'our clock: when we were told';
comment on column asset_event.happened_at is 'the vendor''s clock; null when the source gives no date';
comment on column asset_event.is_reconstructed is 'made from what the row said at the first sight of it, not witnessed';
comment on column asset_event.status is 'status, is_licensed and is_tracked as they are after the event';
comment on column asset_event.cause is 'source: it said so; absent: a complete full run did not meet the asset';
comment on column asset_event.after is 'of names, addresses and tags: what they are now, as before is what they were';
CREATE INDEX asset_event_happened_idx ON asset_event USING btree (source_id, COALESCE(happened_at, recorded_at));

create table asset_group (
  asset_id bigint not null,
  owner text,
  criticality text,
  group_names text[] not null default '{}'::text[],
  rule_ids integer[] not null default '{}'::integer[],
  is_owner_set boolean not null default false,
  changed_at timestamptz not null default now(),
  constraint asset_group_pkey PRIMARY KEY (asset_id),
  constraint asset_group_criticality_check CHECK (criticality = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))
);
comment on table asset_group is 'what rules and people make of an asset now; one that they say nothing of has no row';
comment on column asset_group.rule_ids is 'the rules that it meets, the first that goes first';
comment on column asset_group.is_owner_set is 'the owner was given by a person';
CREATE INDEX asset_group_names_idx ON asset_group USING gin (group_names);
CREATE INDEX asset_group_owner_idx ON asset_group USING btree (owner, asset_id);

create table asset_group_event (
  asset_id bigint not null,
  recorded_at timestamptz not null default now(),
  event_id bigint not null default nextval('asset_group_event_id_seq'::regclass),
  owner text,
  criticality text,
  group_names text[] not null,
  rule_ids integer[] not null,
  is_owner_set boolean not null,
  cause text not null,
  constraint asset_group_event_pkey PRIMARY KEY (asset_id, recorded_at, event_id),
  constraint asset_group_event_cause_check CHECK (cause = ANY (ARRAY['asset'::text, 'rule'::text, 'day'::text, 'person'::text, 'repair'::text])),
  constraint asset_group_event_criticality_check CHECK (criticality = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))
);
comment on table asset_group_event is 'what asset_group said of an asset from then on; nothing at all where everything is empty';
comment on column asset_group_event.cause is 'what changed: the asset, the rules, the day that they are for, an owner that a person gave';

create table asset_identifier (
  asset_id bigint not null,
  tenant_id integer not null,
  kind text not null,
  value text not null,
  constraint asset_identifier_pkey PRIMARY KEY (asset_id, kind, value),
  constraint asset_identifier_kind_check CHECK (kind = ANY (ARRAY['tenable_uuid'::text, 'agent_uuid'::text, 'cloud_instance'::text, 'bios_uuid'::text, 'serial_number'::text, 'mac_address'::text, 'fqdn'::text, 'netbios_in_domain'::text, 'hostname'::text]))
);
comment on table asset_identifier is 'one value that identifies an asset, of asset_identity.record, to be looked up';
CREATE INDEX asset_identifier_value_idx ON asset_identifier USING btree (tenant_id, kind, value, asset_id);

create table asset_identity (
  asset_id bigint not null,
  tenant_id integer not null,
  source_id integer not null,
  record jsonb not null,
  changed_at timestamptz not null default now(),
  constraint asset_identity_pkey PRIMARY KEY (asset_id)
);
comment on table asset_identity is 'what identifies an asset; of those that take part: those the source gives a new id at every scan do not';
comment on column asset_identity.record is 'identifiers, addresses, system, and between when it was seen, the latter up to a week behind';
CREATE INDEX asset_identity_tenant_idx ON asset_identity USING btree (tenant_id, asset_id);

create table asset_interface (
  asset_id bigint not null,
  interface_number integer not null,
  name text not null,
  is_virtual boolean,
  is_aliased boolean,
  ipv4s text[] not null,
  ipv6s text[] not null,
  fqdns text[] not null,
  mac_addresses text[] not null,
  constraint asset_interface_pkey PRIMARY KEY (asset_id, interface_number)
);
comment on table asset_interface is 'one network interface of an asset, as its source last listed them';

create table asset_scan (
  asset_id bigint not null,
  scan_id bigint not null,
  source_id integer not null,
  history_id bigint not null,
  ended_at timestamptz not null,
  is_credentialed boolean not null,
  constraint asset_scan_pkey PRIMARY KEY (asset_id, scan_id)
);
comment on table asset_scan is 'scans that met an asset, each by the last of its runs that did; of sources that tell no states';
comment on column asset_scan.scan_id is 'the source''s own number of the scan, as in scan.native_id';
comment on column asset_scan.history_id is 'the source''s own number of the run, as in scan_run.native_id';
CREATE INDEX asset_scan_source_idx ON asset_scan USING btree (source_id, scan_id);

create table asset_software (
  asset_id bigint not null,
  cpe text collate "C" not null,
  constraint asset_software_pkey PRIMARY KEY (asset_id, cpe)
);
comment on table asset_software is 'one program installed on an asset, by its CPE name';

create table asset_step_change (
  asset_id bigint not null,
  step_change_id bigint not null generated always as identity,
  source_id integer not null,
  steps bigint[] not null,
  constraint asset_step_change_pkey PRIMARY KEY (asset_id, step_change_id)
);
comment on table asset_step_change is 'what parts of runs have added to asset_steps, not yet in it';

create table asset_steps (
  asset_id bigint not null,
  source_id integer not null,
  steps bigint[] not null,
  constraint asset_steps_pkey PRIMARY KEY (asset_id)
);
comment on table asset_steps is 'what the findings of one asset add to and take from the totals of days';
comment on column asset_steps.steps is 'each a day (from bit 39, days since 2000-01-01), standing, severity and state (7 bits, their places in their lists) and how many findings (32 bits, from -2^31); several of one day add up, and up to a day they add up to what was at its end';

create table asset_tag (
  asset_id bigint not null,
  tag_key text not null,
  tag_value text not null,
  tag_uuid text,
  added_by text,
  added_at timestamptz,
  constraint asset_tag_pkey PRIMARY KEY (asset_id, tag_key, tag_value)
);
comment on table asset_tag is 'one tag of an asset, as its source last listed them';
CREATE INDEX asset_tag_value_idx ON asset_tag USING btree (tag_key, tag_value, asset_id);
CREATE STATISTICS asset_tag_pair (mcv) ON tag_key, tag_value FROM asset_tag;

create table asset_total (
  asset_id bigint not null,
  source_id integer not null,
  open_info integer not null,
  open_low integer not null,
  open_medium integer not null,
  open_high integer not null,
  open_critical integer not null,
  reopened_info integer not null,
  reopened_low integer not null,
  reopened_medium integer not null,
  reopened_high integer not null,
  reopened_critical integer not null,
  fixed_info integer not null,
  fixed_low integer not null,
  fixed_medium integer not null,
  fixed_high integer not null,
  fixed_critical integer not null,
  ended integer not null,
  out_of_scope integer not null default 0,
  constraint asset_total_pkey PRIMARY KEY (asset_id)
);
comment on table asset_total is 'findings of one asset by state and severity; open_* and reopened_* leave out ended ones';
comment on column asset_total.out_of_scope is 'of the ended ones, those outside the scope of their source';

create table audit_event (
  audit_id bigint not null generated always as identity,
  recorded_at timestamptz not null,
  actor_kind text not null,
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null,
  previous_hash bytea not null,
  hash bytea not null,
  constraint audit_event_pkey PRIMARY KEY (audit_id),
  constraint audit_event_actor_kind_check CHECK (actor_kind = ANY (ARRAY['cli'::text, 'schedule'::text, 'local'::text, 'user'::text, 'system'::text]))
);
comment on table audit_event is 'append-only and hash-chained: who started, stopped and changed what';
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table chunk_size (
  source_id integer not null,
  stream text not null,
  size integer not null,
  reason text not null,
  updated_at timestamptz not null default now(),
  constraint chunk_size_pkey PRIMARY KEY (source_id, stream),
  constraint chunk_size_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id) ON DELETE CASCADE,
  constraint chunk_size_size_check CHECK (size > 0)
);
comment on table chunk_size is 'assets in a chunk of the next export, where the last one was too heavy for what is configured';

create table compliance_check (
  check_id bigint not null generated by default as identity,
  source_id integer not null,
  audit_file text collate "C" not null,
  native_id text collate "C" not null,
  name text not null,
  info text,
  solution text,
  synopsis text,
  see_also text,
  plugin_id integer,
  plugin_name text,
  profile_name text,
  benchmark_name text,
  benchmark_version text,
  vendor_check_id text,
  control_id text,
  functional_id text,
  informational_id text,
  metadata_id text,
  db_type text,
  refs text[] not null default '{}'::text[],
  row_hash bigint not null,
  vendor_version_at timestamptz,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  constraint compliance_check_pkey PRIMARY KEY (check_id),
  constraint compliance_check_source_id_audit_file_native_id_key UNIQUE (source_id, audit_file, native_id)
);
comment on table compliance_check is 'one check of an audit file, as the newest result of it describes it';
comment on column compliance_check.native_id is 'the vendor''s compliance_full_id, which stays when the text of the check changes; else name: and the name';
comment on column compliance_check.vendor_check_id is 'the vendor''s check_id, which changes with the content of the check';
comment on column compliance_check.refs is 'framework|control, for example 800-53|AC-2';
comment on column compliance_check.vendor_version_at is 'when the newest result of the check was indexed; the newest describes it';
CREATE INDEX compliance_check_refs_idx ON compliance_check USING gin (refs);

create table compliance_event (
  asset_id bigint not null,
  recorded_at timestamptz not null default now(),
  event_id bigint not null default nextval('compliance_event_id_seq'::regclass),
  happened_at timestamptz,
  run_id bigint,
  check_id bigint not null,
  source_id integer not null,
  kind text not null,
  state text not null,
  before text,
  cause text not null,
  constraint compliance_event_pkey PRIMARY KEY (asset_id, recorded_at, event_id),
  constraint compliance_event_before_check CHECK (before = ANY (ARRAY['passed'::text, 'failed'::text, 'warning'::text, 'skipped'::text, 'error'::text, 'unknown'::text])),
  constraint compliance_event_cause_check CHECK (cause = ANY (ARRAY['source'::text, 'asset_gone'::text, 'withdrawn'::text, 'out_of_scope'::text])),
  constraint compliance_event_kind_check CHECK (kind = ANY (ARRAY['changed'::text, 'ended'::text, 'returned'::text])),
  constraint compliance_event_state_check CHECK (state = ANY (ARRAY['passed'::text, 'failed'::text, 'warning'::text, 'skipped'::text, 'error'::text, 'unknown'::text]))
);
comment on table compliance_event is 'one change of the outcome of one check on one asset; that it appeared is its first_seen, and no event';
comment on column compliance_event.recorded_at is 'our clock: when we were told';
comment on column compliance_event.happened_at is 'the vendor''s clock: when the check was last seen with the new outcome';
comment on column compliance_event.state is 'as it is after the event';
comment on column compliance_event.before is 'the outcome until then';
CREATE INDEX compliance_event_result_idx ON compliance_event USING btree (asset_id, check_id);

create table compliance_result (
  asset_id bigint not null,
  check_id bigint not null,
  first_seen timestamptz,
  last_seen timestamptz,
  last_fixed timestamptz,
  last_observed timestamptz,
  vendor_version_at timestamptz,
  read_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  ended_at timestamptz,
  unconfirmed_at timestamptz,
  row_hash bigint not null,
  run_id bigint not null,
  source_id integer not null,
  missed_runs smallint not null default 0,
  state text not null,
  vendor_state text,
  end_cause text,
  actual_value text,
  expected_value text,
  check_error text,
  description text,
  extra jsonb,
  constraint compliance_result_pkey PRIMARY KEY (asset_id, check_id),
  constraint compliance_result_check CHECK ((ended_at IS NULL) = (end_cause IS NULL)),
  constraint compliance_result_end_cause_check CHECK (end_cause = ANY (ARRAY['asset_gone'::text, 'withdrawn'::text, 'out_of_scope'::text])),
  constraint compliance_result_state_check CHECK (state = ANY (ARRAY['passed'::text, 'failed'::text, 'warning'::text, 'skipped'::text, 'error'::text, 'unknown'::text]))
);
comment on table compliance_result is 'what one check of an audit last found on one asset';
comment on column compliance_result.unconfirmed_at is 'when the first of those missed it';
comment on column compliance_result.missed_runs is 'complete full runs in a row that did not meet it though its asset is there';
comment on column compliance_result.state is 'the outcome of the check';
comment on column compliance_result.vendor_state is 'open, reopened or fixed, as the vendor keeps it beside the outcome; null for rows it last saw before it kept one';
comment on column compliance_result.expected_value is 'what the policy asks for';
CREATE INDEX compliance_result_check_idx ON compliance_result USING btree (check_id, state, asset_id) INCLUDE (last_seen, ended_at);
CREATE INDEX compliance_result_seen_idx ON compliance_result USING btree (COALESCE(last_seen, '-infinity'::timestamp with time zone), asset_id, check_id);

create table cutover (
  cutover_id integer not null generated always as identity,
  pair_id integer not null,
  files_source_id integer not null,
  api_source_id integer not null,
  reconciliation_id bigint not null,
  status text not null default 'signed'::text,
  signed_by text not null,
  signed_at timestamptz not null default now(),
  numbers jsonb not null,
  open_differences bigint not null,
  accepted_reason text,
  restore_point jsonb not null,
  reopened_by text,
  reopened_at timestamptz,
  reopen_reason text,
  undone_by text,
  undone_at timestamptz,
  undo_reason text,
  undo_numbers jsonb,
  constraint cutover_pkey PRIMARY KEY (cutover_id),
  constraint cutover_api_source_id_fkey FOREIGN KEY (api_source_id) REFERENCES source(source_id),
  constraint cutover_files_source_id_fkey FOREIGN KEY (files_source_id) REFERENCES source(source_id),
  constraint cutover_pair_id_fkey FOREIGN KEY (pair_id) REFERENCES reconciliation_pair(pair_id),
  constraint cutover_check CHECK (open_differences = 0 OR accepted_reason IS NOT NULL),
  constraint cutover_status_check CHECK (status = ANY (ARRAY['signed'::text, 'undone'::text]))
);
comment on table cutover is 'somebody gave a source of files up for the API, with the numbers they saw; its imports are off until it is undone';
comment on column cutover.numbers is 'the totals of the comparison that was signed';
comment on column cutover.open_differences is 'of those, the ones that nothing explains';
comment on column cutover.restore_point is 'how the source of files was: its last import, its open findings and their checksum';
comment on column cutover.reopened_at is 'imports were let in again by hand; null while they are off but for an outage of the API';
CREATE UNIQUE INDEX cutover_signed_idx ON cutover USING btree (files_source_id) WHERE status = 'signed'::text;

create table daily_change (
  source_id integer not null,
  day date not null,
  standing text collate "C" not null,
  severity text not null,
  state text not null,
  findings bigint not null,
  constraint daily_change_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint daily_change_standing_check CHECK (standing = ANY (ARRAY['counted'::text, 'unlicensed'::text, 'untracked'::text, 'gone'::text, 'ended'::text])),
  constraint daily_change_state_check CHECK (state = ANY (ARRAY['open'::text, 'reopened'::text, 'fixed'::text]))
);
comment on table daily_change is 'what parts of runs have added to and taken from the totals of a day and all after it, not yet in daily_total';
CREATE INDEX daily_change_source_idx ON daily_change USING btree (source_id, day);

create table daily_span (
  source_id integer not null,
  first_day date not null,
  last_day date not null,
  rolled_up_at timestamptz not null default now(),
  has_assets boolean not null default false,
  constraint daily_span_pkey PRIMARY KEY (source_id)
);
comment on table daily_span is 'the days that daily_total has of a source; before the first there was nothing';
comment on column daily_span.has_assets is 'whether asset_steps is kept of the source; false: it is made when a run of the source closes';

create table daily_total (
  day date not null,
  level text not null,
  source_id integer not null,
  dimension text not null,
  value text collate "C" not null,
  severity text not null,
  state text not null,
  findings bigint not null,
  constraint daily_total_pkey PRIMARY KEY (day, level, source_id, dimension, value, severity, state),
  constraint daily_total_dimension_check CHECK (dimension = ANY (ARRAY['all'::text, 'standing'::text])),
  constraint daily_total_level_check CHECK (level = ANY (ARRAY['source'::text, 'estate'::text])),
  constraint daily_total_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint daily_total_state_check CHECK (state = ANY (ARRAY['open'::text, 'reopened'::text, 'fixed'::text]))
);
comment on table daily_total is 'findings at the end of one day in UTC, by severity and state; a row that is not there is none';
comment on column daily_total.source_id is '0 at level estate';
comment on column daily_total.dimension is 'all: whatever has not ended; standing: every finding, by what the default count makes of it';
comment on column daily_total.value is 'empty for all; standing: counted, unlicensed, untracked, gone, ended';

create table data_quality_day (
  source_id integer not null,
  day date not null,
  subject text not null,
  field text not null,
  row_count bigint not null,
  filled_count bigint not null,
  newest_at timestamptz,
  mean_age_seconds double precision,
  run_id bigint,
  measured_at timestamptz not null default now(),
  constraint data_quality_day_pkey PRIMARY KEY (source_id, day, subject, field),
  constraint data_quality_day_subject_check CHECK (subject = ANY (ARRAY['asset'::text, 'finding'::text]))
);
comment on table data_quality_day is 'of one source, day (UTC) and field: how many rows have it, and how fresh those are; the last look of the day';
comment on column data_quality_day.row_count is 'live assets, or open findings of them';
comment on column data_quality_day.newest_at is 'when the source saw one of those with the field last';
comment on column data_quality_day.mean_age_seconds is 'how long ago, at the look, it had seen them on average';

create table device (
  device_id bigint not null generated always as identity,
  tenant_id integer not null,
  created_at timestamptz not null default now(),
  constraint device_pkey PRIMARY KEY (device_id),
  constraint device_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id) ON DELETE CASCADE
);
comment on table device is 'one machine of a tenant, made of the assets that device_asset gives it';
CREATE INDEX device_tenant_idx ON device USING btree (tenant_id, device_id);

create table device_asset (
  asset_id bigint not null,
  device_id bigint not null,
  since timestamptz not null default now(),
  constraint device_asset_pkey PRIMARY KEY (asset_id)
);
comment on table device_asset is 'of which machine an asset of asset_identity is; each is of one';
comment on column device_asset.since is 'since when it is held to be of this machine';
CREATE INDEX device_asset_device_idx ON device_asset USING btree (device_id);

create table device_change (
  device_id bigint not null,
  tenant_id integer not null,
  day date not null,
  measure text collate "C" not null,
  severity text collate "C" not null,
  state text collate "C" not null,
  amount integer not null,
  constraint device_change_pkey PRIMARY KEY (device_id, day, measure, severity, state),
  constraint device_change_amount_check CHECK (amount <> 0),
  constraint device_change_measure_check CHECK (measure = ANY (ARRAY['devices'::text, 'records'::text, 'shared'::text, 'repeated'::text])),
  constraint device_change_severity_check CHECK (severity = ANY (ARRAY[''::text, 'info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint device_change_state_check CHECK (state = ANY (ARRAY[''::text, 'open'::text, 'reopened'::text, 'fixed'::text]))
);
comment on table device_change is 'what one machine, as it is made of records today, adds to a day and all after it';
CREATE INDEX device_change_tenant_idx ON device_change USING btree (tenant_id);

create table device_decision (
  decision_id bigint not null generated always as identity,
  tenant_id integer not null,
  asset_a bigint not null,
  asset_b bigint not null,
  is_same boolean not null,
  reason text,
  decided_by text not null,
  decided_at timestamptz not null default now(),
  undone_by text,
  undone_at timestamptz,
  act_id bigint,
  constraint device_decision_pkey PRIMARY KEY (decision_id),
  constraint device_decision_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id) ON DELETE CASCADE,
  constraint device_decision_check CHECK (asset_a < asset_b)
);
comment on table device_decision is 'what people decided of two assets; it stands over all evidence until it is undone';
comment on column device_decision.act_id is 'the first of the decisions that were made with it, which are undone together; null: it was made alone';
CREATE INDEX device_decision_act_idx ON device_decision USING btree (act_id);
CREATE UNIQUE INDEX device_decision_pair_idx ON device_decision USING btree (asset_a, asset_b) WHERE undone_at IS NULL;
CREATE INDEX device_decision_tenant_idx ON device_decision USING btree (tenant_id, decision_id);

create table device_due (
  source_id integer not null,
  asset_id bigint not null
);
comment on table device_due is 'assets of which something was told since their machine was counted last';
CREATE INDEX device_due_source_idx ON device_due USING btree (source_id);

create table device_evidence (
  asset_a bigint not null,
  asset_b bigint not null,
  tenant_id integer not null,
  score double precision not null,
  confidence double precision not null,
  evidence jsonb not null,
  is_asked boolean not null,
  constraint device_evidence_pkey PRIMARY KEY (asset_a, asset_b),
  constraint device_evidence_check CHECK (asset_a < asset_b),
  constraint device_evidence_confidence_check CHECK (confidence >= 0::double precision AND confidence <= 1::double precision)
);
comment on table device_evidence is 'two assets that share something, and what it says';
comment on column device_evidence.evidence is 'kind, value and weight of each thing that speaks for or against; they add up to the score';
comment on column device_evidence.is_asked is 'not enough to join the two, or something else stands against it: for a person to decide';
CREATE INDEX device_evidence_asked_idx ON device_evidence USING btree (tenant_id, score DESC, asset_a, asset_b) WHERE is_asked;
CREATE INDEX device_evidence_b_idx ON device_evidence USING btree (asset_b);

create table directory_event (
  event_id bigint not null generated always as identity,
  source_id integer not null,
  list text not null,
  native_id text collate "C" not null,
  happened_at timestamptz,
  recorded_at timestamptz not null default now(),
  run_id bigint,
  kind text not null,
  name text not null,
  is_reconstructed boolean not null default false,
  before jsonb,
  after jsonb,
  constraint directory_event_pkey PRIMARY KEY (event_id),
  constraint directory_event_kind_check CHECK (kind = ANY (ARRAY['appeared'::text, 'changed'::text, 'gone'::text, 'returned'::text])),
  constraint directory_event_list_check CHECK (list = ANY (ARRAY['network'::text, 'scanner'::text, 'agent'::text, 'tag_category'::text, 'tag'::text]))
);
comment on table directory_event is 'one change of a network, scanner, agent or tag that somebody would ask about; that a sensor reports or falls silent is none';
comment on column directory_event.list is 'the table that has the entry';
comment on column directory_event.happened_at is 'the vendor''s clock: its own date of the change, else when it was read; null when it gives no date of the beginning';
comment on column directory_event.name is 'what the entry was called, for people';
comment on column directory_event.is_reconstructed is 'from the first reading of the list: it was there before';
comment on column directory_event.before is 'of what changed: as it was, as after is what it is now';
CREATE INDEX directory_event_entry_idx ON directory_event USING btree (source_id, list, native_id, event_id);

create table estate_change (
  tenant_id integer not null,
  day date not null,
  measure text collate "C" not null,
  severity text collate "C" not null,
  state text collate "C" not null,
  amount bigint not null,
  constraint estate_change_pkey PRIMARY KEY (tenant_id, day, measure, severity, state),
  constraint estate_change_measure_check CHECK (measure = ANY (ARRAY['devices'::text, 'records'::text, 'shared'::text, 'repeated'::text])),
  constraint estate_change_severity_check CHECK (severity = ANY (ARRAY[''::text, 'info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint estate_change_state_check CHECK (state = ANY (ARRAY[''::text, 'open'::text, 'reopened'::text, 'fixed'::text]))
);
comment on table estate_change is 'the sum of device_change; added up to a day it is what there was at the end of that day in UTC';
comment on column estate_change.measure is 'devices, records: of the default count; shared: devices of several such records; repeated: findings that a day''s total of the sources counts once too often, by the severity and state they have there';

create table export_chunk (
  export_job_id bigint not null,
  part_id text not null,
  detail jsonb not null,
  status text not null default 'available'::text,
  attempts integer not null default 0,
  bytes bigint not null default 0,
  received integer not null default 0,
  inserted integer not null default 0,
  changed integer not null default 0,
  unchanged integer not null default 0,
  rejected integer not null default 0,
  error_code text,
  error_message text,
  available_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  decode_ms integer,
  stage_ms integer,
  merge_ms integer,
  indexing_delays integer[],
  owner text,
  failure jsonb,
  faults text[] not null default '{}'::text[],
  constraint export_chunk_pkey PRIMARY KEY (export_job_id, part_id),
  constraint export_chunk_export_job_id_fkey FOREIGN KEY (export_job_id) REFERENCES export_job(export_job_id) ON DELETE CASCADE,
  constraint export_chunk_status_check CHECK (status = ANY (ARRAY['available'::text, 'reading'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))
);
comment on table export_chunk is 'done in the transaction that merged it; a crash resumes from the rest';
comment on column export_chunk.indexing_delays is 'findings by whole hours from scan to index, the first element within one hour; null when no row told';
comment on column export_chunk.owner is 'the process that reads it; with attempts, the claim that its commit must still hold';
comment on column export_chunk.failure is 'how the last reading by another process failed, for the holder of the run to judge';
comment on column export_chunk.faults is 'codes of the readings that failed, also when a later one succeeded';
CREATE INDEX export_chunk_open_idx ON export_chunk USING btree (export_job_id, status, available_at) WHERE status = ANY (ARRAY['available'::text, 'reading'::text]);
comment on index export_chunk_open_idx is 'parts to claim, and parts whose owner may be gone';

create table export_job (
  export_job_id bigint not null generated always as identity,
  run_id bigint not null,
  stream text not null,
  export_id text not null,
  asked jsonb not null,
  echoed jsonb,
  notes text[] not null default '{}'::text[],
  read_at timestamptz not null,
  status text not null default 'open'::text,
  reason text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  attempt integer not null default 1,
  offer jsonb,
  constraint export_job_pkey PRIMARY KEY (export_job_id),
  constraint export_job_run_id_stream_export_id_key UNIQUE (run_id, stream, export_id),
  constraint export_job_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(run_id) ON DELETE CASCADE,
  constraint export_job_status_check CHECK (status = ANY (ARRAY['open'::text, 'complete'::text, 'incomplete'::text, 'expired'::text, 'cancelled'::text]))
);
comment on table export_job is 'the vendor''s job, or our paging of a list: what was asked and what the vendor understood';
comment on column export_job.attempt is 'which asking of the same window this is; counted over the processes that held the run';
comment on column export_job.offer is 'what another process needs to read its parts: the plan of its holder, with the fence it holds for; null until they may be read';

create table feed_load (
  feed_load_id bigint not null generated always as identity,
  kind text not null,
  score_on date not null,
  released_at timestamptz not null,
  version text,
  outcome text not null,
  entries integer not null,
  added integer not null,
  changed integer not null,
  removed integer not null,
  plugins_changed integer not null,
  bytes bigint not null,
  sha256 text not null,
  origin text not null,
  loaded_at timestamptz not null default now(),
  loaded_by text not null,
  constraint feed_load_pkey PRIMARY KEY (feed_load_id),
  constraint feed_load_kind_check CHECK (kind = ANY (ARRAY['epss'::text, 'kev'::text])),
  constraint feed_load_outcome_check CHECK (outcome = ANY (ARRAY['current'::text, 'history'::text, 'superseded'::text]))
);
comment on table feed_load is 'one feed that was read whole: of which day, from where, and what it changed';
comment on column feed_load.score_on is 'the day in UTC that its values speak for';
comment on column feed_load.released_at is 'when its maker says that it was made; of two of one day the later holds';
comment on column feed_load.outcome is 'current: the newest there is; history: of a day before the newest; superseded: older than another of its day, nothing taken';
comment on column feed_load.added is 'CVEs that the day before did not have; changed and removed likewise';
comment on column feed_load.sha256 is 'of the bytes as they came';
CREATE INDEX feed_load_kind_idx ON feed_load USING btree (kind, score_on);

create table feed_state (
  kind text not null,
  score_on date,
  feed_load_id bigint,
  checked_at timestamptz,
  next_at timestamptz,
  error_code text,
  error_message text,
  url text,
  etag text,
  last_modified text,
  constraint feed_state_pkey PRIMARY KEY (kind),
  constraint feed_state_feed_load_id_fkey FOREIGN KEY (feed_load_id) REFERENCES feed_load(feed_load_id),
  constraint feed_state_kind_check CHECK (kind = ANY (ARRAY['epss'::text, 'kev'::text]))
);
comment on table feed_state is 'where each feed stands: the newest day there is, and how the last look at its address went';
comment on column feed_state.next_at is 'when the next server fetches it; whoever moves it on fetches';
comment on column feed_state.url is 'where etag and last_modified are from: asked there again, the same answer need not be sent';

create table file_import (
  import_id bigint not null generated always as identity,
  source_id integer not null,
  status text not null default 'received'::text,
  trigger text not null,
  file_name text not null,
  size_bytes bigint not null,
  sha256 text not null,
  stored_at text,
  options jsonb not null default '{}'::jsonb,
  scope jsonb not null default '{"covers": "nothing"}'::jsonb,
  format text,
  facts jsonb not null default '{}'::jsonb,
  observed_at timestamptz,
  observed_from text,
  rows_read bigint not null default 0,
  bytes_read bigint not null default 0,
  numbers jsonb,
  undo_numbers jsonb,
  owner text,
  heartbeat_at timestamptz,
  run_id bigint,
  undo_run_id bigint,
  error_code text,
  error_message text,
  created_by text not null,
  created_at timestamptz not null default now(),
  ready_at timestamptz,
  applied_at timestamptz,
  undone_at timestamptz,
  constraint file_import_pkey PRIMARY KEY (import_id),
  constraint file_import_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id),
  constraint file_import_observed_from_check CHECK (observed_from = ANY (ARRAY['person'::text, 'file'::text, 'upload'::text])),
  constraint file_import_status_check CHECK (status = ANY (ARRAY['received'::text, 'reading'::text, 'ready'::text, 'applying'::text, 'applied'::text, 'undoing'::text, 'undone'::text, 'abandoned'::text, 'failed'::text])),
  constraint file_import_trigger_check CHECK (trigger = ANY (ARRAY['cli'::text, 'api'::text, 'folder'::text]))
);
comment on table file_import is 'one file that somebody brought, from its arrival to its undoing';
comment on column file_import.stored_at is 'where the file lies until it is staged; null afterwards';
comment on column file_import.scope is 'what the person says that the file shows wholly: only within it anything closes';
comment on column file_import.facts is 'what was found out of the file: encoding, columns, why it is incomplete';
comment on column file_import.observed_at is 'the moment the file speaks for; an older one overwrites nothing newer';
comment on column file_import.numbers is 'what applying would do, or did';
comment on column file_import.owner is 'the process that stages, applies or undoes it';
CREATE INDEX file_import_source_idx ON file_import USING btree (source_id, import_id DESC);

create table file_import_compliance (
  import_id bigint not null,
  row_number bigint not null,
  native_id text collate "C" not null,
  result jsonb not null,
  constraint file_import_compliance_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_compliance is 'one audit result of a file, staged';
CREATE INDEX file_import_compliance_idx ON file_import_compliance USING btree (import_id, row_number);

create table file_import_host (
  import_id bigint not null,
  native_id text collate "C" not null,
  aliases text[] not null,
  asset jsonb not null,
  observed jsonb not null,
  known_as text collate "C",
  known_asset bigint,
  constraint file_import_host_pkey PRIMARY KEY (import_id, native_id),
  constraint file_import_host_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_host is 'machines that a file names';
comment on column file_import_host.known_as is 'the name by which the source has the machine; its own when it is new';
CREATE INDEX file_import_host_known_idx ON file_import_host USING btree (import_id, known_as);

create table file_import_issue (
  import_id bigint not null,
  row_number bigint not null,
  field text not null,
  problem text not null,
  constraint file_import_issue_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_issue is 'a field of a row of a file that is not as it should be; the row is taken without it';
CREATE INDEX file_import_issue_idx ON file_import_issue USING btree (import_id, row_number);

create table file_import_plan (
  import_id bigint not null,
  step bigint not null,
  action text not null,
  row_number bigint,
  row_count integer not null default 0,
  known_as text collate "C" not null,
  known_asset bigint,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  facts jsonb not null,
  before jsonb,
  undo text,
  constraint file_import_plan_pkey PRIMARY KEY (import_id, step),
  constraint file_import_plan_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE,
  constraint file_import_plan_action_check CHECK (action = ANY (ARRAY['open'::text, 'add_fixed'::text, 'return'::text, 'reopen'::text, 'close'::text, 'change'::text, 'update'::text, 'same'::text, 'older'::text, 'absent'::text, 'gone'::text])),
  constraint file_import_plan_undo_check CHECK (undo = ANY (ARRAY['reverted'::text, 'kept'::text]))
);
comment on table file_import_plan is 'what applying a file does to each finding, and what was there before';
comment on column file_import_plan.action is 'absent: closed because the file does not have it though it should; gone: ended with its machine';
CREATE INDEX file_import_plan_action_idx ON file_import_plan USING btree (import_id, action, step);

create table file_import_plugin (
  import_id bigint not null,
  plugin_id integer not null,
  plugin jsonb not null,
  constraint file_import_plugin_pkey PRIMARY KEY (import_id, plugin_id),
  constraint file_import_plugin_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_plugin is 'a plugin as a file tells of it';

create table file_import_rejected (
  import_id bigint not null,
  row_number bigint not null,
  reason text not null,
  raw text not null,
  constraint file_import_rejected_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_rejected is 'rows that could not be read';
CREATE INDEX file_import_rejected_idx ON file_import_rejected USING btree (import_id, row_number);

create table file_import_row (
  import_id bigint not null,
  row_number bigint not null,
  native_id text collate "C" not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  state text,
  severity text not null,
  default_severity text,
  severity_modification text,
  modification_reason text,
  first_found timestamptz,
  last_found timestamptz,
  last_fixed timestamptz,
  resurfaced_date timestamptz,
  version_at timestamptz,
  service text,
  sensor text,
  scan_uuid text,
  scan_schedule_uuid text,
  scan_started_at timestamptz,
  scan_completed_at timestamptz,
  scan_target text,
  finding_native_id text,
  output text,
  extra jsonb,
  constraint file_import_row_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE,
  constraint file_import_row_default_severity_check CHECK (default_severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint file_import_row_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint file_import_row_severity_modification_check CHECK (severity_modification = ANY (ARRAY['none'::text, 'recasted'::text, 'accepted'::text])),
  constraint file_import_row_state_check CHECK (state = ANY (ARRAY['open'::text, 'reopened'::text, 'fixed'::text]))
);
comment on table file_import_row is 'rows of a file as they stand; several may be about one finding';
CREATE INDEX file_import_row_key_idx ON file_import_row USING btree (import_id, native_id, plugin_id, port, protocol, instance);

create table file_import_snapshot (
  import_id bigint not null,
  day date not null,
  row_count bigint not null,
  finding_count bigint not null,
  constraint file_import_snapshot_pkey PRIMARY KEY (import_id, day),
  constraint file_import_snapshot_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_snapshot is 'a day of which a file has the whole picture';

create table file_import_total (
  import_id bigint not null,
  day date not null,
  vendor text collate "C" not null,
  critical_count bigint,
  critical_total_vpr double precision,
  high_count bigint,
  high_total_vpr double precision,
  medium_count bigint,
  medium_total_vpr double precision,
  low_count bigint,
  low_total_vpr double precision,
  total_vulnerabilities bigint,
  total_vpr double precision,
  resolved_count bigint,
  reopened_count bigint,
  constraint file_import_total_pkey PRIMARY KEY (import_id, day, vendor),
  constraint file_import_total_import_id_fkey FOREIGN KEY (import_id) REFERENCES file_import(import_id) ON DELETE CASCADE
);
comment on table file_import_total is 'totals of one day as another product made them; never added to daily_total, whose rules they do not keep';
comment on column file_import_total.vendor is 'whose they are by that product''s rules; empty for all';
CREATE INDEX file_import_total_day_idx ON file_import_total USING btree (day);

create table finding (
  asset_id bigint not null,
  first_found timestamptz,
  last_found timestamptz,
  last_fixed timestamptz,
  resurfaced_date timestamptz,
  vendor_version_at timestamptz,
  read_at timestamptz not null,
  changed_at timestamptz not null default now(),
  recorded_at timestamptz not null default now(),
  ended_at timestamptz,
  time_taken_to_fix bigint,
  row_hash bigint not null,
  output_hash bigint,
  run_id bigint not null,
  scan_run_id bigint,
  plugin_id integer not null,
  port integer not null,
  source_id integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null default ''::text,
  state text not null,
  severity text not null,
  default_severity text,
  severity_modification text not null default 'none'::text,
  end_cause text,
  modification_reason text,
  modification_rule_id text,
  service text,
  sensor text,
  scan_target text,
  native_id text,
  unconfirmed_at timestamptz,
  constraint finding_pkey PRIMARY KEY (asset_id, plugin_id, port, protocol, instance),
  constraint finding_check CHECK ((ended_at IS NULL) = (end_cause IS NULL)),
  constraint finding_default_severity_check CHECK (default_severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint finding_end_cause_check CHECK (end_cause = ANY (ARRAY['asset_gone'::text, 'withdrawn'::text, 'superseded'::text, 'out_of_scope'::text])),
  constraint finding_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint finding_severity_modification_check CHECK (severity_modification = ANY (ARRAY['none'::text, 'recasted'::text, 'accepted'::text])),
  constraint finding_state_check CHECK (state = ANY (ARRAY['open'::text, 'reopened'::text, 'fixed'::text]))
);
comment on table finding is 'one plugin''s result on one asset at one port and protocol';
comment on column finding.vendor_version_at is 'when the vendor indexed this version (VM: indexed); orders versions';
comment on column finding.ended_at is 'when it stopped counting without the source having called it fixed';
comment on column finding.time_taken_to_fix is 'seconds, as the vendor counts them';
comment on column finding.scan_run_id is 'the latest scan that found it';
comment on column finding.severity is 'as the vendor sent it, after recast, under the tenant''s CVSS setting; never derived';
comment on column finding.unconfirmed_at is 'when a complete full run first missed it though its asset is there; a second one withdraws it';
CREATE INDEX finding_changed_idx ON finding USING btree (changed_at);
CREATE INDEX finding_ended_idx ON finding USING btree (severity_rank(severity), last_found, asset_id, plugin_id) WHERE ended_at IS NOT NULL;
CREATE INDEX finding_fixed_idx ON finding USING btree (last_fixed, asset_id) INCLUDE (first_found, time_taken_to_fix, severity) WHERE state = 'fixed'::text AND ended_at IS NULL;
CREATE INDEX finding_fixed_order_idx ON finding USING btree (severity_rank(severity), last_found, asset_id, plugin_id) WHERE state = 'fixed'::text AND ended_at IS NULL;
CREATE INDEX finding_found_idx ON finding USING btree (first_found, asset_id) INCLUDE (severity) WHERE ended_at IS NULL;
CREATE INDEX finding_modified_idx ON finding USING btree (severity_modification, severity_rank(severity), last_found) WHERE severity_modification <> 'none'::text;
CREATE INDEX finding_native_idx ON finding USING hash (native_id);
CREATE INDEX finding_open_idx ON finding USING btree (severity_rank(severity), last_found, asset_id, plugin_id) WHERE state <> 'fixed'::text AND ended_at IS NULL;
CREATE INDEX finding_plugin_first_idx ON finding USING btree (plugin_id, first_found) WHERE state <> 'fixed'::text AND ended_at IS NULL;
CREATE INDEX finding_plugin_idx ON finding USING btree (plugin_id, asset_id);
CREATE INDEX finding_plugin_last_idx ON finding USING btree (plugin_id, last_found) WHERE state <> 'fixed'::text AND ended_at IS NULL;
CREATE INDEX finding_resurfaced_idx ON finding USING btree (resurfaced_date, asset_id) INCLUDE (severity) WHERE state = 'reopened'::text AND ended_at IS NULL;
CREATE INDEX finding_since_idx ON finding USING btree (severity_rank(severity), COALESCE(resurfaced_date, first_found), asset_id) INCLUDE (severity, resurfaced_date, first_found) WHERE state <> 'fixed'::text AND ended_at IS NULL;

create table finding_event (
  asset_id bigint not null,
  recorded_at timestamptz not null,
  event_id bigint not null default nextval('finding_event_id_seq'::regclass),
  happened_at timestamptz,
  run_id bigint,
  plugin_id integer not null,
  port integer not null,
  source_id integer not null,
  is_reconstructed boolean not null default false,
  protocol text collate "C" not null,
  instance text collate "C" not null default ''::text,
  kind text not null,
  state text not null,
  severity text not null,
  severity_modification text not null,
  cause text not null,
  before jsonb,
  constraint finding_event_pkey PRIMARY KEY (asset_id, recorded_at, event_id),
  constraint finding_event_cause_check CHECK (cause = ANY (ARRAY['source'::text, 'asset_gone'::text, 'withdrawn'::text, 'superseded'::text, 'out_of_scope'::text, 'person'::text, 'not_seen'::text])),
  constraint finding_event_kind_check CHECK (kind = ANY (ARRAY['opened'::text, 'fixed'::text, 'resurfaced'::text, 'severity'::text, 'modification'::text, 'ended'::text, 'returned'::text])),
  constraint finding_event_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint finding_event_severity_modification_check CHECK (severity_modification = ANY (ARRAY['none'::text, 'recasted'::text, 'accepted'::text])),
  constraint finding_event_state_check CHECK (state = ANY (ARRAY['open'::text, 'reopened'::text, 'fixed'::text]))
) partition by range (recorded_at);
comment on table finding_event is 'one change of one finding; a mere re-sighting is none';
comment on column finding_event.recorded_at is 'our clock: when we were told';
comment on column finding_event.happened_at is 'the vendor''s clock; null when the source gives no date';
comment on column finding_event.is_reconstructed is 'made from the dates in the row at the first sight of it, not witnessed';
comment on column finding_event.state is 'state, severity and modification as they are after the event';
comment on column finding_event.cause is 'source: it said so; not_seen: a scan that had seen it looked for it in the same way and did not see it';
CREATE INDEX finding_event_finding_idx ON ONLY finding_event USING btree (asset_id, plugin_id);
CREATE INDEX finding_event_happened_idx ON ONLY finding_event USING btree (source_id, COALESCE(happened_at, recorded_at));
CREATE INDEX finding_event_scope_idx ON ONLY finding_event USING btree (source_id) WHERE cause = 'out_of_scope'::text OR (before ->> 'end_cause'::text) = 'out_of_scope'::text;

create table finding_event_default partition of finding_event default;
comment on table finding_event_default is 'events of months without a partition of their own: none, when runs make them';

create table finding_output (
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null default ''::text,
  output text storage main,
  extra jsonb storage main,
  constraint finding_output_pkey PRIMARY KEY (asset_id, plugin_id, port, protocol, instance)
) with (toast_tuple_target=256);
comment on table finding_output is 'the latest output, hostile text, and the wire fields without a column';

create table finding_sighting (
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null default ''::text,
  scan_id bigint not null,
  history_id bigint not null,
  seen_at timestamptz not null,
  is_credentialed boolean not null,
  ports text,
  policy text,
  settings text,
  constraint finding_sighting_pkey PRIMARY KEY (asset_id, plugin_id, port, protocol, instance, scan_id)
);
comment on table finding_sighting is 'how each scan last saw a finding: only a run that looks no less closely may close it; of sources that tell no states';
comment on column finding_sighting.ports is 'the range of ports that was scanned, in the scanner''s words';
comment on column finding_sighting.policy is 'the name of the policy, where nothing better tells which plugins ran';
comment on column finding_sighting.settings is 'how closely the scan looked besides: thorough tests, paranoia and the like';

create table group_rule (
  group_rule_id integer not null generated always as identity,
  name text not null,
  priority integer not null,
  conditions jsonb not null,
  owner text,
  criticality text,
  group_name text,
  valid_from date not null,
  valid_to date,
  is_enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint group_rule_pkey PRIMARY KEY (group_rule_id),
  constraint group_rule_name_key UNIQUE (name),
  constraint group_rule_check CHECK (valid_to > valid_from),
  constraint group_rule_check1 CHECK (num_nonnulls(owner, criticality, group_name) > 0),
  constraint group_rule_conditions_check CHECK (jsonb_typeof(conditions) = 'object'::text),
  constraint group_rule_criticality_check CHECK (criticality = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint group_rule_group_name_check CHECK (group_name <> ''::text),
  constraint group_rule_name_check CHECK (name <> ''::text),
  constraint group_rule_owner_check CHECK (owner <> ''::text)
);
comment on table group_rule is 'assets that meet all the conditions get an owner, a criticality, a group';
comment on column group_rule.priority is 'the lowest number goes first: it decides owner and criticality; groups add up';
comment on column group_rule.conditions is '{"tag": ["Env:Prod"], "cidr": ["10.0.0.0/8"]}: of each kind one must hold, of all kinds each';
comment on column group_rule.valid_to is 'the first day on which it no longer holds; null: no end';

create table group_state (
  is_only boolean not null default true,
  evaluated_on date not null,
  constraint group_state_pkey PRIMARY KEY (is_only),
  constraint group_state_is_only_check CHECK (is_only)
);
comment on table group_state is 'the day in UTC whose rules asset_group follows';

create table idempotency_key (
  user_id integer not null,
  key_hash bytea not null,
  operation text not null,
  request_hash bytea not null,
  claim_id uuid not null,
  claimed_until timestamptz not null,
  status integer,
  answer json,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint idempotency_key_pkey PRIMARY KEY (user_id, key_hash),
  constraint idempotency_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE CASCADE,
  constraint idempotency_key_status_check CHECK (status >= 200 AND status <= 299)
);
comment on table idempotency_key is 'one call that carried an Idempotency-Key, for a day: a repeated one gets the answer of the first';
comment on column idempotency_key.key_hash is 'SHA-256 of the key, which is kept nowhere';
comment on column idempotency_key.request_hash is 'HMAC of what was asked under the key itself: nobody who reads this can try passwords against it';
comment on column idempotency_key.claim_id is 'the call that works on it; another cannot write its answer';
comment on column idempotency_key.claimed_until is 'put forward while the call goes on; past without a status: its server died, and nobody knows what it did';
comment on column idempotency_key.status is 'null while the first call goes on';
comment on column idempotency_key.answer is 'null when the answer held a secret that is shown once';
CREATE INDEX idempotency_key_expires_at_idx ON idempotency_key USING btree (expires_at);

create table identity_state (
  tenant_id integer not null,
  looked_at timestamptz not null,
  counted_at timestamptz,
  constraint identity_state_pkey PRIMARY KEY (tenant_id),
  constraint identity_state_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id) ON DELETE CASCADE
);
comment on table identity_state is 'how far the assets of a tenant have been looked at';
comment on column identity_state.looked_at is 'assets changed before this have been looked at';
comment on column identity_state.counted_at is 'when estate_change was first made whole; null: it is made so at the next look';

create table list_preference (
  user_id integer not null,
  page text not null,
  filter text not null default ''::text,
  sort text,
  columns text[],
  density text,
  default_view_id integer,
  updated_at timestamptz not null default now(),
  constraint list_preference_pkey PRIMARY KEY (user_id, page),
  constraint list_preference_default_view_id_fkey FOREIGN KEY (default_view_id) REFERENCES saved_view(view_id) ON DELETE SET NULL,
  constraint list_preference_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE CASCADE,
  constraint list_preference_columns_check CHECK (cardinality(columns) > 0),
  constraint list_preference_density_check CHECK (density = ANY (ARRAY['compact'::text, 'comfortable'::text])),
  constraint list_preference_page_check CHECK (page <> ''::text),
  constraint list_preference_sort_check CHECK (sort <> ''::text)
);
comment on table list_preference is 'what a person last chose for a list, whichever browser they use';
comment on column list_preference.filter is 'as the address of the page has it';
comment on column list_preference.default_view_id is 'the view that the page opens with; null: as it was left';
CREATE INDEX list_preference_view_idx ON list_preference USING btree (default_view_id) WHERE default_view_id IS NOT NULL;

create table maintenance_job (
  maintenance_job_id bigint not null generated always as identity,
  kind text not null,
  is_dry_run boolean not null,
  options jsonb not null,
  status text not null default 'pending'::text,
  progress jsonb not null default '{}'::jsonb,
  result jsonb,
  error_code text,
  error_message text,
  actor_kind text not null,
  actor text not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint maintenance_job_pkey PRIMARY KEY (maintenance_job_id),
  constraint maintenance_job_actor_kind_check CHECK (actor_kind = ANY (ARRAY['cli'::text, 'schedule'::text, 'local'::text, 'user'::text, 'system'::text])),
  constraint maintenance_job_kind_check CHECK (kind = ANY (ARRAY['archive'::text, 'restore'::text, 'cleanup'::text, 'retention'::text])),
  constraint maintenance_job_status_check CHECK (status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text]))
);
comment on table maintenance_job is 'one piece of keeping the store: archive, restore, cleanup; what it does now, and what it did';
comment on column maintenance_job.progress is '{"step", "done", "total"}';
CREATE INDEX maintenance_job_open_idx ON maintenance_job USING btree (maintenance_job_id) WHERE status = ANY (ARRAY['pending'::text, 'running'::text]);

create table network (
  source_id integer not null,
  native_id text collate "C" not null,
  name text not null,
  description text,
  is_default boolean,
  assets_ttl_days integer,
  owner_id text,
  scanner_count integer,
  created_at timestamptz,
  created_by text,
  modified_at timestamptz,
  modified_by text,
  extra jsonb,
  row_hash bigint not null,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  gone_at timestamptz,
  constraint network_pkey PRIMARY KEY (source_id, native_id)
);
comment on table network is 'one network of one source: where addresses are unique';
comment on column network.assets_ttl_days is 'assets that no scan meets for so long are deleted by the source, with their findings';
comment on column network.scanner_count is 'as the source counts them';
comment on column network.read_at is 'when the version we hold was read; reading the same again does not move it';
comment on column network.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

create table outbox (
  outbox_id bigint not null generated always as identity,
  topic text not null,
  source_id integer not null,
  run_id bigint,
  subject jsonb not null,
  recorded_at timestamptz not null default now(),
  delivered_at timestamptz,
  constraint outbox_pkey PRIMARY KEY (outbox_id)
);
comment on table outbox is 'what somebody may want to hear of, written in the transaction that made it true';
CREATE INDEX outbox_undelivered_idx ON outbox USING btree (outbox_id) WHERE delivered_at IS NULL;

create table owner_override (
  source_id integer not null,
  native_id text collate "C" not null,
  owner text not null,
  set_at timestamptz not null default now(),
  set_by text not null,
  constraint owner_override_pkey PRIMARY KEY (source_id, native_id),
  constraint owner_override_owner_check CHECK (owner <> ''::text)
);
comment on table owner_override is 'an owner that a person gave one asset, whatever the rules say; by the source''s own id, so that it outlives a mirror that is read anew';

create table plugin (
  plugin_id integer not null,
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
  source_rank integer not null,
  read_at timestamptz not null,
  incoming_hash bigint not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  constraint plugin_pkey PRIMARY KEY (plugin_id, owner_source_id)
);
comment on table plugin is 'one vendor check; the newer modification wins and null never overwrites';
comment on column plugin.epss_score is '0 to 1';
CREATE INDEX plugin_cve_idx ON plugin USING gin (cves);
CREATE INDEX plugin_kev_idx ON plugin USING btree (plugin_id) WHERE is_kev;
CREATE INDEX plugin_name_idx ON plugin USING btree (lower(COALESCE(name, ''::text)) COLLATE "C", plugin_id, owner_source_id) INCLUDE (name);
CREATE INDEX plugin_vpr_idx ON plugin USING btree (COALESCE(vpr_score, '-1'::integer::double precision), plugin_id, owner_source_id);

create table plugin_change (
  plugin_id integer not null,
  owner_source_id integer not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed jsonb not null,
  constraint plugin_change_pkey PRIMARY KEY (plugin_id, owner_source_id, run_id)
);
comment on table plugin_change is 'what one run changed in a plugin: column → the value before';

create table plugin_family (
  source_id integer not null,
  family_id integer not null,
  name text not null,
  plugin_count integer not null,
  missing_count integer not null,
  is_settled boolean not null,
  read_at timestamptz not null,
  run_id bigint not null,
  constraint plugin_family_pkey PRIMARY KEY (source_id, family_id)
);
comment on table plugin_family is 'one family of plugins, as one source listed it last';
comment on column plugin_family.plugin_count is 'as the list of families counted them when the family was read: as long as it does, it is not read again';
comment on column plugin_family.missing_count is 'of them, those that we did not hold';
comment on column plugin_family.is_settled is 'none is missing, or as many as at the reading before: else it is read again, for plugins that came meanwhile';

create table plugin_score (
  plugin_id integer not null,
  owner_source_id integer not null,
  epss_score double precision,
  epss_percentile double precision,
  epss_cve text,
  epss_origin text,
  is_kev boolean,
  kev_origin text,
  kev_cves text[] not null default '{}'::text[],
  kev_added_on date,
  kev_due_on date,
  is_ransomware boolean,
  changed_at timestamptz not null default now(),
  constraint plugin_score_pkey PRIMARY KEY (plugin_id, owner_source_id),
  constraint plugin_score_epss_origin_check CHECK (epss_origin = ANY (ARRAY['feed'::text, 'vendor'::text])),
  constraint plugin_score_kev_origin_check CHECK (kev_origin = ANY (ARRAY['feed'::text, 'vendor'::text]))
);
comment on table plugin_score is 'today''s EPSS and KEV of each plugin: of the feeds where one is loaded and knows it, else the vendor''s own';
comment on column plugin_score.epss_score is 'the highest of its CVEs, which epss_cve names';
comment on column plugin_score.kev_due_on is 'the earliest of its CVEs in the catalogue';
comment on column plugin_score.is_ransomware is 'one of its CVEs is known to be used by ransomware; null: no catalogue is loaded, or none is listed';
CREATE INDEX plugin_score_epss_idx ON plugin_score USING btree (COALESCE(epss_score, '-1'::integer::double precision), plugin_id, owner_source_id);
CREATE INDEX plugin_score_kev_idx ON plugin_score USING btree (plugin_id, owner_source_id) WHERE is_kev;

create table plugin_total (
  plugin_id integer not null,
  source_id integer not null,
  open_info integer not null,
  open_low integer not null,
  open_medium integer not null,
  open_high integer not null,
  open_critical integer not null,
  reopened_info integer not null,
  reopened_low integer not null,
  reopened_medium integer not null,
  reopened_high integer not null,
  reopened_critical integer not null,
  fixed_info integer not null,
  fixed_low integer not null,
  fixed_medium integer not null,
  fixed_high integer not null,
  fixed_critical integer not null,
  assets integer not null,
  constraint plugin_total_pkey PRIMARY KEY (plugin_id, source_id)
);
comment on table plugin_total is 'findings of one plugin in one source by state and severity, on assets of the default count; ended ones are left out';
comment on column plugin_total.assets is 'with at least one that is open or reopened';

create table plugin_total_change (
  plugin_id integer not null,
  source_id integer not null,
  open_info integer not null,
  open_low integer not null,
  open_medium integer not null,
  open_high integer not null,
  open_critical integer not null,
  reopened_info integer not null,
  reopened_low integer not null,
  reopened_medium integer not null,
  reopened_high integer not null,
  reopened_critical integer not null,
  fixed_info integer not null,
  fixed_low integer not null,
  fixed_medium integer not null,
  fixed_high integer not null,
  fixed_critical integer not null,
  assets integer not null
);
comment on table plugin_total_change is 'what parts of runs have added to and taken from plugin_total, not yet in it';
CREATE INDEX plugin_total_change_source_idx ON plugin_total_change USING btree (source_id);

create table plugin_total_span (
  source_id integer not null,
  counted_at timestamptz not null default now(),
  constraint plugin_total_span_pkey PRIMARY KEY (source_id)
);
comment on table plugin_total_span is 'sources whose plugin_total is kept; that of the others is made when a run of theirs closes';

create table quality_issue (
  issue_id bigint not null generated always as identity,
  run_id bigint not null,
  source_id integer not null,
  stream text not null,
  field text not null,
  problem text not null,
  record text not null,
  recorded_at timestamptz not null default now(),
  constraint quality_issue_pkey PRIMARY KEY (issue_id)
);
comment on table quality_issue is 'a record we kept though something in it is impossible';
CREATE INDEX quality_issue_run_idx ON quality_issue USING btree (run_id, issue_id);

create table reconciliation (
  reconciliation_id bigint not null generated always as identity,
  kind text not null,
  pair_id integer,
  files_source_id integer,
  api_source_id integer not null,
  trigger text not null,
  status text not null default 'running'::text,
  owner text,
  heartbeat_at timestamptz,
  started_by text not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  files_at timestamptz,
  api_at timestamptz,
  previous_id bigint,
  totals jsonb,
  has_differences boolean not null default false,
  error_code text,
  error_message text,
  constraint reconciliation_pkey PRIMARY KEY (reconciliation_id),
  constraint reconciliation_api_source_id_fkey FOREIGN KEY (api_source_id) REFERENCES source(source_id),
  constraint reconciliation_files_source_id_fkey FOREIGN KEY (files_source_id) REFERENCES source(source_id),
  constraint reconciliation_pair_id_fkey FOREIGN KEY (pair_id) REFERENCES reconciliation_pair(pair_id),
  constraint reconciliation_check CHECK ((kind = 'files'::text) = (pair_id IS NOT NULL AND files_source_id IS NOT NULL)),
  constraint reconciliation_kind_check CHECK (kind = ANY (ARRAY['files'::text, 'counts'::text])),
  constraint reconciliation_status_check CHECK (status = ANY (ARRAY['running'::text, 'completed'::text, 'failed'::text])),
  constraint reconciliation_trigger_check CHECK (trigger = ANY (ARRAY['import'::text, 'sync'::text, 'api'::text, 'cli'::text]))
);
comment on table reconciliation is 'one comparison: of files with the API, or of what the source counts of itself with the mirror';
comment on column reconciliation.files_at is 'the moment that the latest applied file speaks for';
comment on column reconciliation.api_at is 'up to when the findings of the API source were known complete';
comment on column reconciliation.previous_id is 'the comparison before: what was a matter of time then is gone, or has another cause';
comment on column reconciliation.has_differences is 'its differences are still kept, and not its numbers alone';
CREATE INDEX reconciliation_latest_idx ON reconciliation USING btree (api_source_id, kind, reconciliation_id DESC);
CREATE UNIQUE INDEX reconciliation_running_idx ON reconciliation USING btree (kind, api_source_id, COALESCE(files_source_id, 0)) WHERE status = 'running'::text;

create table reconciliation_difference (
  reconciliation_id bigint not null,
  difference_no bigint not null,
  level text not null,
  kind text not null,
  cause text not null,
  was text,
  evidence jsonb not null,
  files_asset_id bigint,
  api_asset_id bigint,
  asset text,
  plugin_id integer,
  port integer,
  protocol text collate "C",
  instance text collate "C",
  severity text,
  files_count bigint,
  api_count bigint,
  constraint reconciliation_difference_pkey PRIMARY KEY (reconciliation_id, difference_no),
  constraint reconciliation_difference_reconciliation_id_fkey FOREIGN KEY (reconciliation_id) REFERENCES reconciliation(reconciliation_id) ON DELETE CASCADE,
  constraint reconciliation_difference_cause_check CHECK (cause = ANY (ARRAY['licensed'::text, 'info'::text, 'window'::text, 'state'::text, 'recast'::text, 'scope'::text, 'identity'::text, 'rejected'::text, 'timing'::text, 'missing'::text, 'unexplained'::text])),
  constraint reconciliation_difference_kind_check CHECK (kind = ANY (ARRAY['only_files'::text, 'only_api'::text, 'severity'::text, 'state'::text])),
  constraint reconciliation_difference_level_check CHECK (level = ANY (ARRAY['asset'::text, 'finding'::text, 'count'::text])),
  constraint reconciliation_difference_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  constraint reconciliation_difference_was_check CHECK (was = ANY (ARRAY['licensed'::text, 'info'::text, 'window'::text, 'state'::text, 'recast'::text, 'scope'::text, 'identity'::text, 'rejected'::text, 'timing'::text, 'missing'::text, 'unexplained'::text]))
);
comment on table reconciliation_difference is 'one place where the two differ, with its cause and the facts it rests on';
comment on column reconciliation_difference.level is 'asset: nothing of it is open on one side; finding; count: of a plugin and severity';
comment on column reconciliation_difference.was is 'the cause that the comparison before gave the same difference; null when it is new';
comment on column reconciliation_difference.severity is 'on the side that has it, the API''s where both have';
comment on column reconciliation_difference.files_count is 'open findings of the asset in the files; at level count, as the source counts them';
comment on column reconciliation_difference.api_count is 'open findings of the asset in the API source; at level count, as the mirror has them';
CREATE INDEX reconciliation_difference_cause_idx ON reconciliation_difference USING btree (reconciliation_id, cause, difference_no);

create table reconciliation_pair (
  pair_id integer not null generated always as identity,
  files_source_id integer not null,
  api_source_id integer not null,
  is_automatic boolean not null default true,
  created_by text not null,
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  constraint reconciliation_pair_pkey PRIMARY KEY (pair_id),
  constraint reconciliation_pair_api_source_id_fkey FOREIGN KEY (api_source_id) REFERENCES source(source_id),
  constraint reconciliation_pair_files_source_id_fkey FOREIGN KEY (files_source_id) REFERENCES source(source_id),
  constraint reconciliation_pair_check CHECK (files_source_id <> api_source_id)
);
comment on table reconciliation_pair is 'a source of files and the source that is to take its place';
comment on column reconciliation_pair.is_automatic is 'compared by itself after each import of the one and each run of the other';
CREATE INDEX reconciliation_pair_api_idx ON reconciliation_pair USING btree (api_source_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX reconciliation_pair_files_idx ON reconciliation_pair USING btree (files_source_id) WHERE removed_at IS NULL;

create table rejected_record (
  rejected_id bigint not null generated always as identity,
  run_id bigint not null,
  source_id integer not null,
  stream text not null,
  export_id text not null,
  part_id text not null,
  reason text not null,
  raw text not null,
  recorded_at timestamptz not null default now(),
  constraint rejected_record_pkey PRIMARY KEY (rejected_id)
);
comment on table rejected_record is 'a record we could not read, kept whole for a person and for a replay';
CREATE INDEX rejected_record_run_idx ON rejected_record USING btree (run_id, rejected_id);

create table request_budget (
  key_hash text not null,
  tokens double precision not null,
  granted double precision not null,
  counted_at timestamptz not null,
  paused_until timestamptz,
  constraint request_budget_pkey PRIMARY KEY (key_hash)
);
comment on table request_budget is 'the token bucket of one key of one address, shared by every process that uses it';
comment on column request_budget.granted is 'what the last one who asked was given';
comment on column request_budget.paused_until is 'the source asked all that use the key to wait (Retry-After)';

create table retention_rule (
  class text not null,
  keep_days integer,
  updated_at timestamptz not null default now(),
  constraint retention_rule_pkey PRIMARY KEY (class),
  constraint retention_rule_class_check CHECK (class = ANY (ARRAY['finding_event'::text, 'asset_event'::text, 'finding_output'::text, 'plugin_change'::text, 'export_chunk'::text, 'rejected_record'::text, 'quality_issue'::text, 'source_call'::text, 'outbox'::text])),
  constraint retention_rule_keep_days_check CHECK (keep_days >= 30 AND keep_days <= 36500)
);
comment on table retention_rule is 'how long each class of data stays in the database before it goes to the archive';
comment on column retention_rule.keep_days is 'null: for ever';

create table role_grant (
  grant_id integer not null generated always as identity,
  user_id integer not null,
  tenant_id integer,
  role text not null,
  source_ids integer[],
  tags text[],
  managed_by text not null default 'people'::text,
  created_at timestamptz not null default now(),
  constraint role_grant_pkey PRIMARY KEY (grant_id),
  constraint role_grant_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id) ON DELETE CASCADE,
  constraint role_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE CASCADE,
  constraint role_grant_managed_by_check CHECK (managed_by = ANY (ARRAY['people'::text, 'oidc'::text])),
  constraint role_grant_role_check CHECK (role = ANY (ARRAY['viewer'::text, 'analyst'::text, 'operator'::text, 'admin'::text])),
  constraint role_grant_source_ids_check CHECK (cardinality(source_ids) > 0),
  constraint role_grant_tags_check CHECK (cardinality(tags) > 0)
);
comment on table role_grant is 'a role of a person in one tenant, whole or narrowed; what a person may do is the sum of theirs';
comment on column role_grant.tenant_id is 'null: every tenant, also those to come';
comment on column role_grant.source_ids is 'null: every source of the tenant';
comment on column role_grant.tags is 'Key or Key:Value, of which an asset needs one; null: whatever its tags';
comment on column role_grant.managed_by is 'oidc: made from the groups at each sign-in through the identity provider';
CREATE INDEX role_grant_user_idx ON role_grant USING btree (user_id);

create table run (
  run_id bigint not null generated always as identity,
  source_id integer not null,
  kind text not null,
  trigger text not null,
  streams text[] not null,
  status text not null default 'pending'::text,
  fence bigint not null default 0,
  owner text,
  heartbeat_at timestamptz,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  error_code text,
  error_message text,
  notes text[] not null default '{}'::text[],
  permissions integer,
  clock_offset_ms bigint,
  target jsonb,
  scope jsonb,
  constraint run_pkey PRIMARY KEY (run_id),
  constraint run_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id),
  constraint run_kind_check CHECK (kind = ANY (ARRAY['full'::text, 'delta'::text, 'targeted'::text, 'import'::text])),
  constraint run_status_check CHECK (status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'partial'::text, 'failed'::text, 'cancelled'::text])),
  constraint run_trigger_check CHECK (trigger = ANY (ARRAY['cli'::text, 'api'::text, 'schedule'::text, 'start'::text, 'demo'::text]))
);
comment on table run is 'one attempt to bring a source up to date';
comment on column run.fence is 'raised by whoever takes the run over; work of an older holder is refused at commit';
comment on column run.permissions is 'the vendor''s number of the key''s role, when the run read; fewer rights may show fewer rows';
comment on column run.clock_offset_ms is 'the source''s clock minus ours as the run began; null when the source told no time';
comment on column run.target is 'of a targeted run: asset_ids (ours) or plugin_ids; null for every other kind';
comment on column run.scope is 'what the run asked the source for: tags, networks, severities, in one spelling; {} is everything, null not planned yet';
CREATE UNIQUE INDEX run_active_idx ON run USING btree (source_id) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text])) AND kind <> 'targeted'::text;
CREATE INDEX run_source_idx ON run USING btree (source_id, run_id DESC);
CREATE INDEX run_targeted_idx ON run USING btree (source_id, run_id) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text])) AND kind = 'targeted'::text;

create table run_asset_seen (
  run_id bigint not null,
  stream text not null,
  asset_id bigint not null,
  part_key text collate "C" not null,
  constraint run_asset_seen_pkey PRIMARY KEY (run_id, stream, asset_id, part_key),
  constraint run_asset_seen_stream_check CHECK (stream = ANY (ARRAY['assets'::text, 'findings'::text]))
);
comment on table run_asset_seen is 'assets that a full run met, and in which part; emptied when the run is swept';

create table run_compliance_seen (
  run_id bigint not null,
  asset_id bigint not null,
  check_id bigint not null,
  constraint run_compliance_seen_pkey PRIMARY KEY (run_id, asset_id, check_id)
);
comment on table run_compliance_seen is 'results that a full run met; emptied when the run is swept';

create table run_finding_missed (
  run_id bigint not null,
  asset_id bigint not null,
  part_key text collate "C" not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  constraint run_finding_missed_pkey PRIMARY KEY (run_id, asset_id, part_key, plugin_id, port, protocol, instance)
);
comment on table run_finding_missed is 'open findings of an asset in a part that were not in it; missing when every part of the asset misses them';

create table run_stream (
  run_id bigint not null,
  stream text not null,
  status text not null default 'pending'::text,
  since timestamptz,
  watermark_at timestamptz,
  vendor_status text,
  parts_total integer,
  error_code text,
  error_message text,
  started_at timestamptz,
  finished_at timestamptz,
  swept_at timestamptz,
  overlap_seconds integer,
  constraint run_stream_pkey PRIMARY KEY (run_id, stream),
  constraint run_stream_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(run_id) ON DELETE CASCADE,
  constraint run_stream_status_check CHECK (status = ANY (ARRAY['pending'::text, 'planning'::text, 'reading'::text, 'completed'::text, 'incomplete'::text, 'skipped'::text, 'failed'::text, 'cancelled'::text])),
  constraint run_stream_stream_check CHECK (stream = ANY (ARRAY['assets'::text, 'findings'::text, 'plugins'::text, 'networks'::text, 'scanners'::text, 'agents'::text, 'tags'::text, 'scans'::text, 'compliance'::text]))
);
comment on table run_stream is 'one collection of the source within a run; counts are the sum of its chunks';
comment on column run_stream.since is 'null: everything the source has';
comment on column run_stream.watermark_at is 'the instant up to which the stream is known complete, when status is completed';
comment on column run_stream.swept_at is 'when what this stream did not meet was judged; a run that is taken up again does not judge twice';
comment on column run_stream.overlap_seconds is 'how far since lies before the watermark it starts from; null for everything';

create table saved_view (
  view_id integer not null generated always as identity,
  user_id integer,
  tenant_id integer,
  page text not null,
  name text not null,
  filter text not null default ''::text,
  sort text,
  columns text[],
  density text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint saved_view_pkey PRIMARY KEY (view_id),
  constraint saved_view_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id) ON DELETE CASCADE,
  constraint saved_view_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE SET NULL,
  constraint saved_view_check CHECK (user_id IS NOT NULL OR tenant_id IS NOT NULL),
  constraint saved_view_columns_check CHECK (cardinality(columns) > 0),
  constraint saved_view_density_check CHECK (density = ANY (ARRAY['compact'::text, 'comfortable'::text])),
  constraint saved_view_name_check CHECK (name <> ''::text),
  constraint saved_view_page_check CHECK (page <> ''::text),
  constraint saved_view_sort_check CHECK (sort <> ''::text)
);
comment on table saved_view is 'a way to look at a list that somebody gave a name';
comment on column saved_view.user_id is 'whose it is; null: its owner is gone, and it is shared';
comment on column saved_view.tenant_id is 'with whom it is shared: whoever has a role there; null: with nobody';
comment on column saved_view.page is 'which list';
comment on column saved_view.filter is 'as the address of the page has it: severity=critical&is_kev=true';
comment on column saved_view.columns is 'which, and in which order; null: as the page has them';
CREATE UNIQUE INDEX saved_view_name_idx ON saved_view USING btree (user_id, page, lower(name));
CREATE INDEX saved_view_tenant_idx ON saved_view USING btree (tenant_id) WHERE tenant_id IS NOT NULL;

create table scan (
  scan_id bigint not null generated always as identity,
  source_id integer not null,
  native_id bigint not null,
  schedule_uuid text collate "C",
  latest_run_uuid text collate "C",
  name text not null,
  type text,
  status text,
  owner text,
  folder_id bigint,
  policy_id bigint,
  template_uuid text,
  total_targets integer,
  progress integer,
  user_permissions integer,
  is_enabled boolean,
  is_shared boolean,
  time_zone text,
  rrules text,
  starts text,
  created_at timestamptz,
  last_run_at timestamptz,
  extra jsonb,
  row_hash bigint not null,
  history_cursor text,
  gone_at timestamptz,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  constraint scan_pkey PRIMARY KEY (scan_id),
  constraint scan_source_id_native_id_key UNIQUE (source_id, native_id)
);
comment on table scan is 'a scan as the source defines it: what, when, by whom; its runs are in scan_run';
comment on column scan.native_id is 'the integer id; schedule_uuid is its other name, which findings use';
comment on column scan.status is 'of the latest run, in the vendor''s words';
comment on column scan.folder_id is 'as the list tells it, which not all do; the details of a run tell it too';
comment on column scan.rrules is 'the schedule as the vendor writes it, for example FREQ=WEEKLY;INTERVAL=1;BYDAY=MO';
comment on column scan.starts is 'the first start on the wall clock of time_zone, for example 20260105T010000';
comment on column scan.history_cursor is 'how far the history of its runs was read; understood by the connector alone';
comment on column scan.gone_at is 'when a complete list of the scans first lacked it; null again when it is back';
CREATE INDEX scan_schedule_idx ON scan USING btree (source_id, schedule_uuid);

create table scan_folder (
  source_id integer not null,
  native_id bigint not null,
  name text not null,
  type text,
  constraint scan_folder_pkey PRIMARY KEY (source_id, native_id)
);
comment on table scan_folder is 'folders that the source files its scans in';

create table scan_run (
  scan_run_id bigint not null generated always as identity,
  source_id integer not null,
  scan_uuid text,
  schedule_uuid text,
  started_at timestamptz,
  completed_at timestamptz,
  name_hash bigint not null,
  scan_id bigint,
  native_id bigint,
  status text,
  is_archived boolean not null default false,
  listed_at timestamptz,
  extra jsonb,
  row_hash bigint,
  details_at timestamptz,
  details_problem text,
  hosts integer,
  info integer,
  low integer,
  medium integer,
  high integer,
  critical integer,
  policy text,
  scanner text,
  targets text,
  folder_id bigint,
  constraint scan_run_pkey PRIMARY KEY (scan_run_id),
  constraint scan_run_source_id_name_hash_key UNIQUE (source_id, name_hash),
  constraint scan_run_details_problem_check CHECK (details_problem = ANY (ARRAY['forbidden'::text, 'not_found'::text]))
);
comment on table scan_run is 'one run of a scan: as its history lists it, or as the findings it made name it, or both';
comment on column scan_run.name_hash is 'of scan_uuid; of all that findings say of it where they give no uuid';
comment on column scan_run.scan_id is 'the scan it is a run of; null while no list of scans has named one of its schedule';
comment on column scan_run.status is 'in the vendor''s words; null while only findings have named the run';
comment on column scan_run.is_archived is 'the source no longer gives results of it, only a file';
comment on column scan_run.listed_at is 'when the history of its scan last said something new of it; its times then count for more than those in findings';
comment on column scan_run.details_at is 'when its details were read: hosts, counts by severity, policy, scanner, targets, folder. Once, as a finished run does not change';
comment on column scan_run.details_problem is 'why there are no details though they were asked for';
comment on column scan_run.info is 'info to critical: results of that severity over all hosts, as the run''s details count them';
CREATE INDEX scan_run_scan_idx ON scan_run USING btree (scan_id, started_at DESC);
CREATE INDEX scan_run_schedule_idx ON scan_run USING btree (source_id, schedule_uuid) WHERE scan_id IS NULL;
CREATE UNIQUE INDEX scan_run_uuid_idx ON scan_run USING btree (source_id, scan_uuid) WHERE scan_uuid IS NOT NULL;

create table scanner (
  source_id integer not null,
  native_id text collate "C" not null,
  uuid text,
  name text not null,
  type text,
  status text,
  is_linked boolean,
  is_group boolean,
  network_name text,
  hostname text,
  ip_addresses text[] not null default '{}'::text[],
  groups text[] not null default '{}'::text[],
  platform text,
  distro text,
  engine_version text,
  plugin_set text,
  owner_name text,
  scan_count integer,
  created_at timestamptz,
  modified_at timestamptz,
  last_connect_at timestamptz,
  extra jsonb,
  row_hash bigint not null,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  gone_at timestamptz,
  constraint scanner_pkey PRIMARY KEY (source_id, native_id)
);
comment on table scanner is 'one scanner or group of scanners of one source; the key that links scanners is never stored';
comment on column scanner.status is 'on or off, in the vendor''s words';
comment on column scanner.scan_count is 'scans that run on it now, as the source counts them';
comment on column scanner.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

create table schedule (
  schedule_id integer not null generated always as identity,
  source_id integer not null,
  name text not null,
  kind text not null,
  streams text[],
  cron text,
  interval_hours double precision,
  anchor_at timestamptz not null default now(),
  time_zone text not null default 'UTC'::text,
  jitter_seconds integer not null default 0,
  blackout jsonb not null default '[]'::jsonb,
  is_paused boolean not null default false,
  next_at timestamptz,
  longest_gap_hours double precision not null,
  last_due_at timestamptz,
  last_run_id bigint,
  managed_by text not null default 'people'::text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint schedule_pkey PRIMARY KEY (schedule_id),
  constraint schedule_source_id_name_key UNIQUE (source_id, name),
  constraint schedule_last_run_id_fkey FOREIGN KEY (last_run_id) REFERENCES run(run_id) ON DELETE SET NULL,
  constraint schedule_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id) ON DELETE CASCADE,
  constraint schedule_blackout_check CHECK (jsonb_typeof(blackout) = 'array'::text),
  constraint schedule_check CHECK ((cron IS NULL) <> (interval_hours IS NULL)),
  constraint schedule_cron_check CHECK (cron <> ''::text),
  constraint schedule_interval_hours_check CHECK (interval_hours > 0::double precision),
  constraint schedule_jitter_seconds_check CHECK (jitter_seconds >= 0),
  constraint schedule_kind_check CHECK (kind = ANY (ARRAY['full'::text, 'delta'::text])),
  constraint schedule_longest_gap_hours_check CHECK (longest_gap_hours > 0::double precision),
  constraint schedule_managed_by_check CHECK (managed_by = ANY (ARRAY['people'::text, 'environment'::text])),
  constraint schedule_name_check CHECK (name <> ''::text),
  constraint schedule_streams_check CHECK (cardinality(streams) > 0),
  constraint schedule_time_zone_check CHECK (time_zone <> ''::text)
);
comment on table schedule is 'when a source is read by itself, and what of it';
comment on column schedule.streams is 'null: all that the source offers';
comment on column schedule.cron is 'five parts, on the wall clock of time_zone';
comment on column schedule.interval_hours is 'hours that pass, counted from anchor_at';
comment on column schedule.jitter_seconds is 'each time is moved by up to so many, the same on every server';
comment on column schedule.blackout is 'when nothing starts: [{"days": ["mon"], "from": "08:00", "to": "18:00"}], on the wall clock of time_zone';
comment on column schedule.next_at is 'when it is due; null until a server has reckoned it. Whoever moves it on has queued the run';
comment on column schedule.longest_gap_hours is 'the longest time between two runs of it: older data is late';
comment on column schedule.last_due_at is 'when it was last due, and ran or found its work being done';
comment on column schedule.last_run_id is 'the run that did its work';

create table schema_migration (
  version integer not null,
  name text not null,
  applied_at timestamptz not null default now(),
  constraint schema_migration_pkey PRIMARY KEY (version)
);
comment on table schema_migration is 'the migrations applied to this database; a program that knows fewer refuses it';

create table score_feed (
  kind text not null,
  cve text collate "C" not null,
  valid_from date not null,
  valid_to date,
  epss double precision,
  percentile double precision,
  added_on date,
  due_on date,
  is_ransomware boolean,
  detail jsonb,
  constraint score_feed_pkey PRIMARY KEY (kind, cve, valid_from),
  constraint score_feed_check CHECK (valid_to > valid_from),
  constraint score_feed_check1 CHECK ((kind = 'epss'::text) = (epss IS NOT NULL)),
  constraint score_feed_check2 CHECK ((kind = 'kev'::text) = (added_on IS NOT NULL)),
  constraint score_feed_kind_check CHECK (kind = ANY (ARRAY['epss'::text, 'kev'::text]))
);
comment on table score_feed is 'what a feed said of a CVE from one day until it said something else; a day without a row: nothing';
comment on column score_feed.valid_to is 'the first day on which it no longer holds; null: it holds now';
comment on column score_feed.epss is '0 to 1, exactly as on every day of the row';
comment on column score_feed.percentile is '0 to 1; it moves a little every day with all others, and a move of less than 0.005 makes no new row';
comment on column score_feed.due_on is 'by when CISA asks for a remedy';
CREATE UNIQUE INDEX score_feed_now_idx ON score_feed USING btree (kind, cve) WHERE valid_to IS NULL;

create table sealing_key (
  key_id text not null,
  check_value bytea not null,
  created_at timestamptz not null default now(),
  constraint sealing_key_pkey PRIMARY KEY (key_id)
);
comment on table sealing_key is 'a known text sealed with each key, so that a wrong key is refused by name';

create table session (
  session_id bigint not null generated always as identity,
  session_hash bytea not null,
  user_id integer not null,
  method text not null,
  address text not null,
  user_agent text not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  ends_at timestamptz not null,
  constraint session_pkey PRIMARY KEY (session_id),
  constraint session_session_hash_key UNIQUE (session_hash),
  constraint session_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(user_id) ON DELETE CASCADE,
  constraint session_method_check CHECK (method = ANY (ARRAY['password'::text, 'link'::text, 'oidc'::text]))
);
comment on table session is 'one browser that somebody is signed in with';
comment on column session.session_hash is 'SHA-256 of the id that only the browser has';
comment on column session.last_seen_at is 'to the minute: it is not written at every call';
comment on column session.ends_at is 'however much it is used';
CREATE INDEX session_user_idx ON session USING btree (user_id);

create table sign_in_failure (
  subject_hash bytea not null,
  failures integer not null,
  last_failed_at timestamptz not null default now(),
  blocked_until timestamptz,
  constraint sign_in_failure_pkey PRIMARY KEY (subject_hash),
  constraint sign_in_failure_failures_check CHECK (failures >= 0)
);
comment on table sign_in_failure is 'wrong passwords in a row for one name, whether somebody has it or not, or from one address';
comment on column sign_in_failure.subject_hash is 'SHA-256 of account:<name> or address:<address>';
comment on column sign_in_failure.blocked_until is 'until then nothing is tried; it grows with the failures and always ends';

create table sla (
  severity text not null,
  days integer,
  changed_at timestamptz not null default now(),
  changed_by text not null,
  constraint sla_pkey PRIMARY KEY (severity),
  constraint sla_days_check CHECK (days >= 1 AND days <= 3650),
  constraint sla_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text]))
);
comment on table sla is 'days that a finding of each severity may stay open, from when it was first found or resurfaced';
comment on column sla.days is 'null: no limit';
comment on column sla.changed_by is 'default: as it came; else who set it';

create table source (
  source_id integer not null generated always as identity,
  tenant_id integer not null,
  name text not null,
  kind text not null,
  base_url text not null,
  credentials bytea,
  credentials_key_id text,
  access_key_hint text,
  settings jsonb not null default '{}'::jsonb,
  fingerprint text,
  container_name text,
  last_role text,
  is_enabled boolean not null default true,
  managed_by text not null default 'people'::text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  removed_at timestamptz,
  indexing_delay_seconds integer,
  constraint source_pkey PRIMARY KEY (source_id),
  constraint source_tenant_id_name_key UNIQUE (tenant_id, name),
  constraint source_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id),
  constraint source_indexing_delay_seconds_check CHECK (indexing_delay_seconds >= 0),
  constraint source_kind_check CHECK (kind = ANY (ARRAY['tenable-vm'::text, 'tenable-sc'::text, 'nessus'::text, 'files'::text])),
  constraint source_managed_by_check CHECK (managed_by = ANY (ARRAY['people'::text, 'environment'::text])),
  constraint source_name_check CHECK (name <> ''::text)
);
comment on table source is 'a configured place: one VM container, one Security Center, one Nessus, one folder of files';
comment on column source.credentials is 'sealed with AES-256-GCM under credentials_key_id; never returned';
comment on column source.access_key_hint is 'the last four characters of the access key, for a person to recognise it';
comment on column source.fingerprint is 'what the source first said it is; a run that meets another refuses';
comment on column source.indexing_delay_seconds is 'within so long after its scan nearly every finding was indexed, as the rows tell; null while too few have told';
CREATE UNIQUE INDEX source_environment_idx ON source USING btree (tenant_id) WHERE managed_by = 'environment'::text AND removed_at IS NULL;

create table source_call (
  source_id integer not null,
  hour timestamptz not null,
  calls integer not null default 0,
  failed integer not null default 0,
  refused integer not null default 0,
  timed integer not null default 0,
  slow integer not null default 0,
  total_ms bigint not null default 0,
  longest_ms integer not null default 0,
  bytes bigint not null default 0,
  allowed_per_minute integer not null,
  latencies integer[] not null default '{}'::integer[],
  constraint source_call_pkey PRIMARY KEY (source_id, hour),
  constraint source_call_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id) ON DELETE CASCADE
);
comment on table source_call is 'calls to a source in an hour, counted by every engine';
comment on column source_call.failed is 'without an answer, or answered with an error';
comment on column source_call.refused is 'answered with 429: too many requests';
comment on column source_call.timed is 'calls whose time is the source''s own; those that carry rows wait for us too';
comment on column source_call.slow is 'of the timed ones, those over five seconds';
comment on column source_call.latencies is 'of the timed calls, how many took up to 50, 100, 200, 400, 800, 1600, 3200, 5000, 10000 ms, and more';

create table source_health (
  source_id integer not null,
  failures integer not null default 0,
  circuit text not null default 'closed'::text,
  opened_at timestamptz,
  probe_at timestamptz,
  needs_key_at timestamptz,
  paused_at timestamptz,
  error_code text,
  error_message text,
  updated_at timestamptz not null default now(),
  constraint source_health_pkey PRIMARY KEY (source_id),
  constraint source_health_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id) ON DELETE CASCADE,
  constraint source_health_circuit_check CHECK (circuit = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text]))
);
comment on table source_health is 'why nothing of a source starts by itself: its circuit is open, it needs a new key, or somebody paused it';
comment on column source_health.failures is 'runs in a row that the source refused or that could not reach it';
comment on column source_health.probe_at is 'when a scheduled run may try again while the circuit is open';
comment on column source_health.needs_key_at is 'since when its key is refused; null again when a new one is saved or it is accepted';

create table sweep (
  run_id bigint not null,
  source_id integer not null,
  status text not null,
  reason text not null,
  assets_live integer not null default 0,
  findings_open integer not null default 0,
  assets_aged_out integer not null default 0,
  findings_asset_gone integer not null default 0,
  findings_superseded integer not null default 0,
  findings_withdrawn integer not null default 0,
  findings_unconfirmed integer not null default 0,
  planned_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text,
  assets_out_of_scope integer not null default 0,
  findings_out_of_scope integer not null default 0,
  owner text,
  assets_to_do integer,
  assets_done integer,
  applied_at timestamptz,
  error_message text,
  constraint sweep_pkey PRIMARY KEY (run_id),
  constraint sweep_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(run_id) ON DELETE CASCADE,
  constraint sweep_source_id_fkey FOREIGN KEY (source_id) REFERENCES source(source_id),
  constraint sweep_status_check CHECK (status = ANY (ARRAY['applied'::text, 'confirmed'::text, 'held'::text, 'rejected'::text, 'skipped'::text]))
);
comment on table sweep is 'what a complete full run would end, and what became of it; a held one waits for a person';
comment on column sweep.assets_out_of_scope is 'assets that the run left outside the scope; marked at once, whatever becomes of the rest';
comment on column sweep.owner is 'who carries out a confirmed one';
comment on column sweep.assets_to_do is 'assets whose rows a confirmed one ends; null until somebody began';
comment on column sweep.assets_done is 'of those, the ones that are done';
comment on column sweep.error_message is 'why a confirmed one could not be carried out at the last try; it is tried again';
CREATE INDEX sweep_confirmed_idx ON sweep USING btree (decided_at) WHERE status = 'confirmed'::text;
CREATE INDEX sweep_held_idx ON sweep USING btree (source_id) WHERE status = 'held'::text;

create table sweep_asset (
  run_id bigint not null,
  asset_id bigint not null,
  constraint sweep_asset_pkey PRIMARY KEY (run_id, asset_id)
);
comment on table sweep_asset is 'assets that a planned sweep ages out';

create table sweep_finding (
  run_id bigint not null,
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  cause text not null,
  constraint sweep_finding_pkey PRIMARY KEY (run_id, asset_id, plugin_id, port, protocol, instance),
  constraint sweep_finding_cause_check CHECK (cause = ANY (ARRAY['asset_gone'::text, 'superseded'::text, 'withdrawn'::text, 'unconfirmed'::text, 'out_of_scope'::text]))
);
comment on table sweep_finding is 'findings that a planned sweep ends, or marks as unconfirmed';

create table tag (
  source_id integer not null,
  native_id text collate "C" not null,
  category_id text,
  category text not null,
  value text not null,
  description text,
  type text,
  created_at timestamptz,
  created_by text,
  updated_at timestamptz,
  updated_by text,
  extra jsonb,
  row_hash bigint not null,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  gone_at timestamptz,
  constraint tag_pkey PRIMARY KEY (source_id, native_id)
);
comment on table tag is 'one tag of one source, a value of a category; which assets have it is in asset_tag';
comment on column tag.type is 'static: given by people; dynamic: by a rule of the source';
comment on column tag.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

create table tag_category (
  source_id integer not null,
  native_id text collate "C" not null,
  name text not null,
  description text,
  is_reserved boolean,
  created_at timestamptz,
  created_by text,
  updated_at timestamptz,
  updated_by text,
  extra jsonb,
  row_hash bigint not null,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  gone_at timestamptz,
  constraint tag_category_pkey PRIMARY KEY (source_id, native_id)
);
comment on table tag_category is 'what the tags of a source are sorted by, also a category without any value';
comment on column tag_category.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

create table tenant (
  tenant_id integer not null generated always as identity,
  name text not null,
  created_at timestamptz not null default now(),
  constraint tenant_pkey PRIMARY KEY (tenant_id),
  constraint tenant_name_key UNIQUE (name),
  constraint tenant_name_check CHECK (name <> ''::text)
);
comment on table tenant is 'a customer or department; identities never cross it';

create table verification (
  verification_id bigint not null generated always as identity,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  program_version text not null,
  verdict text not null,
  checks integer not null,
  damages jsonb not null default '[]'::jsonb,
  repaired jsonb not null default '[]'::jsonb,
  constraint verification_pkey PRIMARY KEY (verification_id),
  constraint verification_verdict_check CHECK (verdict = ANY (ARRAY['sound'::text, 'damaged'::text]))
);
comment on table verification is 'one look at everything that must be true of a sound store';
comment on column verification.checks is 'how many things were looked at';
comment on column verification.damages is 'what was wrong at the end: [{"check", "about", "found", "samples", "repair"}]';
comment on column verification.repaired is 'what was put right: [{"repair", "count"}]';

create table worker (
  owner text not null,
  role text not null,
  threads integer not null,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  constraint worker_pkey PRIMARY KEY (owner),
  constraint worker_role_check CHECK (role = ANY (ARRAY['server'::text, 'worker'::text, 'command'::text]))
);
comment on table worker is 'a process that reads sources: while its heartbeat is young its parts are its own';

-- tenable_asset_id bigint
-- last_tenable_sync timestamptz
create view compat.assets as
 SELECT a.asset_id AS tenable_asset_id,
    GREATEST(a.read_at, r.completed_at) AS last_tenable_sync
   FROM asset a
     LEFT JOIN ( SELECT r_1.source_id,
            max(s.watermark_at) AS completed_at
           FROM run_stream s
             JOIN run r_1 ON r_1.run_id = s.run_id
          WHERE s.stream = 'assets'::text AND s.status = 'completed'::text
          GROUP BY r_1.source_id) r ON r.source_id = a.source_id
  WHERE a.status = 'live'::text;
comment on view compat.assets is 'for joins: tenable_asset_id is tenable_assets.id';
comment on column compat.assets.last_tenable_sync is 'up to when its source is known to have said what the row says';

-- source_id integer
-- day date
-- run_id bigint
create view compat.scan_days as
 SELECT numbered.source_id,
    numbered.day,
    numbered.run_id
   FROM ( SELECT told.source_id,
            told.day,
            max(told.run_id) AS run_id,
            row_number() OVER (PARTITION BY told.source_id ORDER BY told.day DESC) AS place
           FROM ( SELECT r.source_id,
                    (s_1.watermark_at AT TIME ZONE 'utc'::text)::date AS day,
                    r.run_id
                   FROM run_stream s_1
                     JOIN run r ON r.run_id = s_1.run_id
                     LEFT JOIN file_import i ON i.run_id = r.run_id
                  WHERE s_1.stream = 'findings'::text AND s_1.status = 'completed'::text AND s_1.watermark_at IS NOT NULL AND ((r.kind = ANY (ARRAY['full'::text, 'delta'::text])) OR i.status = 'applied'::text)
                UNION ALL
                 SELECT i.source_id,
                    p.day,
                    i.run_id
                   FROM file_import_snapshot p
                     JOIN file_import i ON i.import_id = p.import_id
                  WHERE i.status = 'applied'::text) told
          GROUP BY told.source_id, told.day) numbered
     JOIN source s ON s.source_id = numbered.source_id
  WHERE numbered.place <= 3;
comment on view compat.scan_days is 'the last three days of each source on which it was read, or of which a file has the whole';
comment on column compat.scan_days.run_id is 'the newest run that read it; vulnerability_imports.id';

-- id integer
-- platform text
-- base_url text
-- api_key_encrypted text
-- secret_key_encrypted text
-- last_sync text
-- sync_enabled boolean
-- webhook_url text
-- rate_limit_remaining integer
create view compat.tenable_api_config as
 SELECT s.source_id AS id,
        CASE s.kind
            WHEN 'tenable-vm'::text THEN 'tenable.io'::text
            WHEN 'tenable-sc'::text THEN 'tenable.sc'::text
            ELSE s.kind
        END AS platform,
    s.base_url,
    NULL::text AS api_key_encrypted,
    NULL::text AS secret_key_encrypted,
    to_char((r.last_sync AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text) AS last_sync,
    s.is_enabled AND s.removed_at IS NULL AS sync_enabled,
    NULL::text AS webhook_url,
    NULL::integer AS rate_limit_remaining
   FROM source s
     LEFT JOIN ( SELECT run.source_id,
            max(run.finished_at) AS last_sync
           FROM run
          WHERE run.status = 'completed'::text
          GROUP BY run.source_id) r ON r.source_id = s.source_id
  WHERE s.kind <> 'files'::text;
comment on view compat.tenable_api_config is 'one source that is read through an API; removed ones too';
comment on column compat.tenable_api_config.platform is 'tenable.io, tenable.sc, nessus';
comment on column compat.tenable_api_config.api_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_api_config.secret_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_api_config.webhook_url is 'always null: a source has none';
comment on column compat.tenable_api_config.rate_limit_remaining is 'always null: the sources do not tell';

-- id bigint
-- asset_id bigint
-- name text
-- virtual boolean
-- ipv4 text[]
-- ipv6 text[]
-- mac_address text[]
-- created_at timestamptz
create view compat.tenable_asset_network_interfaces as
 SELECT i.asset_id * 65536 + i.interface_number AS id,
    i.asset_id,
    i.name,
    i.is_virtual AS virtual,
    i.ipv4s AS ipv4,
    i.ipv6s AS ipv6,
    i.mac_addresses AS mac_address,
    NULL::timestamp with time zone AS created_at
   FROM asset_interface i
     JOIN asset a ON a.asset_id = i.asset_id AND a.status = 'live'::text;
comment on view compat.tenable_asset_network_interfaces is 'one network interface of one live asset';
comment on column compat.tenable_asset_network_interfaces.id is 'asset and the place in the source''s list';
comment on column compat.tenable_asset_network_interfaces.created_at is 'always null: interfaces are kept as the source''s latest list';

-- id bigint
-- asset_id bigint
-- key text
-- value text
-- added_by text
-- added_at timestamptz
-- created_at timestamptz
create view compat.tenable_asset_tags as
 SELECT compat.row_id(concat_ws(chr(31), t.asset_id, t.tag_key, t.tag_value)) AS id,
    t.asset_id,
    t.tag_key AS key,
    t.tag_value AS value,
    t.added_by,
    t.added_at,
    NULL::timestamp with time zone AS created_at
   FROM asset_tag t
     JOIN asset a ON a.asset_id = t.asset_id AND a.status = 'live'::text;
comment on view compat.tenable_asset_tags is 'one tag of one live asset';
comment on column compat.tenable_asset_tags.id is 'made from asset, key and value: the same whenever it is read';
comment on column compat.tenable_asset_tags.created_at is 'always null: tags are kept as the source''s latest list';

-- id bigint
-- tenable_id text collate "C"
-- config_id integer
-- hostname text[]
-- ipv4 text[]
-- ipv6 text[]
-- fqdn text[]
-- netbios_name text
-- operating_system text[]
-- system_type text[]
-- has_agent boolean
-- agent_uuid text[]
-- exposure_score integer
-- acr_score integer
-- criticality_rating text
-- first_seen timestamptz
-- last_seen timestamptz
-- first_scan_time timestamptz
-- last_scan_time timestamptz
-- last_authenticated_scan_date timestamptz
-- aws_ec2_instance_id text
-- aws_ec2_instance_ami_id text
-- aws_owner_id text
-- aws_availability_zone text
-- aws_region text
-- aws_vpc_id text
-- aws_subnet_id text
-- aws_ec2_instance_type text
-- aws_ec2_instance_state_name text
-- aws_ec2_name text
-- azure_vm_id text
-- azure_resource_id text
-- bios_uuid text
-- network_id text
-- network_name text
-- mac_address text[]
-- manufacturer_tpm_id text[]
-- last_updated_tenable timestamptz
-- created_at timestamptz
-- updated_at timestamptz
create view compat.tenable_assets as
 SELECT a.asset_id AS id,
    a.native_id AS tenable_id,
    a.source_id AS config_id,
    a.hostnames AS hostname,
    a.ipv4s AS ipv4,
    a.ipv6s AS ipv6,
    a.fqdns AS fqdn,
    a.netbios_names[1] AS netbios_name,
    a.operating_systems AS operating_system,
    a.system_types AS system_type,
    a.has_agent,
    array_remove(ARRAY[a.agent_uuid], NULL::text) AS agent_uuid,
    round(a.exposure_score)::integer AS exposure_score,
    round(a.acr_score)::integer AS acr_score,
        CASE
            WHEN a.acr_score < 1::double precision THEN 'unknown'::text
            WHEN a.acr_score < 4::double precision THEN 'low'::text
            WHEN a.acr_score < 7::double precision THEN 'medium'::text
            WHEN a.acr_score < 9::double precision THEN 'high'::text
            WHEN a.acr_score >= 9::double precision THEN 'critical'::text
            ELSE 'unknown'::text
        END AS criticality_rating,
    a.first_seen,
    a.last_seen,
    a.first_scan_at AS first_scan_time,
    a.last_scan_at AS last_scan_time,
    a.last_authenticated_scan_at AS last_authenticated_scan_date,
    a.aws_ec2_instance_id,
    a.aws_ec2_instance_ami_id,
    a.aws_owner_id,
    a.aws_availability_zone,
    a.aws_region,
    a.aws_vpc_id,
    a.aws_subnet_id,
    a.aws_ec2_instance_type,
    a.aws_ec2_instance_state_name,
    a.aws_ec2_name,
    a.azure_vm_id,
    a.azure_resource_id,
    a.bios_uuid,
    a.network_id,
    a.network_name,
    a.mac_addresses AS mac_address,
    a.tpm_ids AS manufacturer_tpm_id,
    a.updated_at AS last_updated_tenable,
    a.recorded_at AS created_at,
    a.changed_at AS updated_at
   FROM asset a
     LEFT JOIN source s ON s.source_id = a.source_id
  WHERE a.status = 'live'::text;
comment on view compat.tenable_assets is 'one asset that its source has now; unlicensed and untracked ones too, which the default count leaves out';
comment on column compat.tenable_assets.tenable_id is 'the vendor''s id';
comment on column compat.tenable_assets.criticality_rating is 'derived from the ACR: 1–3 low, 4–6 medium, 7–8 high, 9–10 critical; unknown without';
comment on column compat.tenable_assets.last_updated_tenable is 'the vendor''s updated_at';
comment on column compat.tenable_assets.created_at is 'when our row was made';
comment on column compat.tenable_assets.updated_at is 'when our row last changed';

-- id integer
-- name text
-- access_key_encrypted text
-- secret_key_encrypted text
-- base_url text
-- is_active boolean
-- last_sync_at timestamptz
-- created_at timestamptz
-- updated_at timestamptz
create view compat.tenable_config as
 SELECT s.source_id AS id,
    s.name,
    NULL::text AS access_key_encrypted,
    NULL::text AS secret_key_encrypted,
    s.base_url,
    s.is_enabled AND s.removed_at IS NULL AS is_active,
    r.last_sync_at,
    s.created_at,
    s.updated_at
   FROM source s
     LEFT JOIN ( SELECT run.source_id,
            max(run.finished_at) AS last_sync_at
           FROM run
          WHERE run.status = 'completed'::text
          GROUP BY run.source_id) r ON r.source_id = s.source_id;
comment on view compat.tenable_config is 'one source; removed ones too, for their rows are still mirrored';
comment on column compat.tenable_config.access_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_config.secret_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_config.last_sync_at is 'the end of the last run that read everything it asked for';

-- id bigint
-- tenable_scan_id integer
-- config_id integer
-- scan_uuid text
-- name text
-- description text
-- policy_id integer
-- scanner_id integer
-- scanner_name text
-- folder_id integer
-- type text
-- status text
-- starttime timestamptz
-- endtime timestamptz
-- timezone text
-- text_targets text
-- target_network_uuid text
-- scanner_start timestamptz
-- scanner_end timestamptz
-- hosts_total integer
-- hosts_scanned integer
-- vulnerabilities_total integer
-- created_at timestamptz
-- updated_at timestamptz
create view compat.tenable_scans as
 SELECT NULL::bigint AS id,
    NULL::integer AS tenable_scan_id,
    NULL::integer AS config_id,
    NULL::text AS scan_uuid,
    NULL::text AS name,
    NULL::text AS description,
    NULL::integer AS policy_id,
    NULL::integer AS scanner_id,
    NULL::text AS scanner_name,
    NULL::integer AS folder_id,
    NULL::text AS type,
    NULL::text AS status,
    NULL::timestamp with time zone AS starttime,
    NULL::timestamp with time zone AS endtime,
    NULL::text AS timezone,
    NULL::text AS text_targets,
    NULL::text AS target_network_uuid,
    NULL::timestamp with time zone AS scanner_start,
    NULL::timestamp with time zone AS scanner_end,
    NULL::integer AS hosts_total,
    NULL::integer AS hosts_scanned,
    NULL::integer AS vulnerabilities_total,
    NULL::timestamp with time zone AS created_at,
    NULL::timestamp with time zone AS updated_at
  WHERE false;
comment on view compat.tenable_scans is 'empty: this version does not read scans yet; findings carry their scan_uuid';

-- id integer
-- config_id integer
-- job_type text
-- status text
-- export_uuid text
-- total_records bigint
-- processed_records bigint
-- error_message text
-- started_at timestamptz
-- completed_at timestamptz
-- created_at timestamptz
create view compat.tenable_sync_jobs as
 SELECT (r.run_id * 4 + k.place)::integer AS id,
    r.source_id AS config_id,
    k.job_type,
        CASE
            WHEN s.status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text]) THEN s.status
            WHEN s.status = 'incomplete'::text THEN 'partial'::text
            WHEN s.status = 'skipped'::text THEN 'failed'::text
            WHEN r.status = ANY (ARRAY['failed'::text, 'cancelled'::text]) THEN r.status
            WHEN s.status = ANY (ARRAY['planning'::text, 'reading'::text]) THEN 'running'::text
            ELSE 'pending'::text
        END AS status,
    e.export_id AS export_uuid,
        CASE
            WHEN s.status = 'completed'::text THEN c.received
            ELSE NULL::bigint
        END AS total_records,
    c.received AS processed_records,
    COALESCE(s.error_message,
        CASE
            WHEN r.status = 'failed'::text THEN r.error_message
            ELSE NULL::text
        END) AS error_message,
    s.started_at,
    COALESCE(s.finished_at,
        CASE
            WHEN r.status = ANY (ARRAY['failed'::text, 'cancelled'::text]) THEN r.finished_at
            ELSE NULL::timestamp with time zone
        END) AS completed_at,
    r.created_at
   FROM run r
     JOIN ( VALUES ('assets'::text,'assets'::text,0), ('findings'::text,'vulnerabilities'::text,1), ('scans'::text,'scans'::text,2)) k(stream, job_type, place) ON k.stream = ANY (r.streams)
     LEFT JOIN run_stream s ON s.run_id = r.run_id AND s.stream = k.stream
     LEFT JOIN LATERAL ( SELECT j.export_id
           FROM export_job j
          WHERE j.run_id = r.run_id AND j.stream = k.stream
          ORDER BY j.export_job_id DESC
         LIMIT 1) e ON true
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(p.received), 0::bigint) AS received
           FROM export_job j
             JOIN export_chunk p ON p.export_job_id = j.export_job_id
          WHERE j.run_id = r.run_id AND j.stream = k.stream) c;
comment on view compat.tenable_sync_jobs is 'one run and one of its streams, plugins left out: no older application reads them by themselves';
comment on column compat.tenable_sync_jobs.id is 'run_id × 4, + 1 for vulnerabilities, + 2 for scans';
comment on column compat.tenable_sync_jobs.status is 'pending, running, completed, failed; ours add cancelled, and partial: the source gave up before the end';
comment on column compat.tenable_sync_jobs.export_uuid is 'the vendor''s job; the newest when the run asked again';
comment on column compat.tenable_sync_jobs.total_records is 'null until everything is read: the source does not tell before';

-- id bigint
-- asset_id bigint
-- config_id integer
-- plugin_id integer
-- plugin_name text
-- plugin_family text
-- plugin_modification_date date
-- plugin_publication_date date
-- plugin_risk_factor text
-- plugin_solution text
-- plugin_synopsis text
-- plugin_description text
-- plugin_version text
-- scan_id integer
-- scan_uuid text
-- scan_schedule_id text
-- scan_started_at timestamptz
-- scan_completed_at timestamptz
-- severity text
-- severity_id integer
-- severity_default_id integer
-- severity_modification_type text
-- state text
-- first_found timestamptz
-- last_found timestamptz
-- cvss_base_score double precision
-- cvss_temporal_score double precision
-- cvss_environmental_score double precision
-- cvss_vector text
-- vpr_score double precision
-- output text
-- port integer
-- protocol text collate "C"
-- indexed_at timestamptz
-- created_at timestamptz
-- updated_at timestamptz
create view compat.tenable_vulnerabilities as
 SELECT compat.row_id(concat_ws(chr(31), f.asset_id, f.plugin_id, f.port, f.protocol, f.instance)) AS id,
    f.asset_id,
    f.source_id AS config_id,
    f.plugin_id,
    p.name AS plugin_name,
    p.family AS plugin_family,
    (p.modified_at AT TIME ZONE 'utc'::text)::date AS plugin_modification_date,
    (p.published_at AT TIME ZONE 'utc'::text)::date AS plugin_publication_date,
    p.risk_factor AS plugin_risk_factor,
    p.solution AS plugin_solution,
    p.synopsis AS plugin_synopsis,
    p.description AS plugin_description,
    p.version AS plugin_version,
    NULL::integer AS scan_id,
    s.scan_uuid,
    s.schedule_uuid AS scan_schedule_id,
    s.started_at AS scan_started_at,
    s.completed_at AS scan_completed_at,
    f.severity,
    severity_rank(f.severity)::integer AS severity_id,
    severity_rank(f.default_severity)::integer AS severity_default_id,
    f.severity_modification AS severity_modification_type,
    f.state,
    f.first_found,
    f.last_found,
        CASE
            WHEN p.cvss3_base_score IS NOT NULL THEN p.cvss3_base_score
            ELSE p.cvss2_base_score
        END AS cvss_base_score,
        CASE
            WHEN p.cvss3_base_score IS NOT NULL THEN p.cvss3_temporal_score
            ELSE p.cvss2_temporal_score
        END AS cvss_temporal_score,
    NULL::double precision AS cvss_environmental_score,
        CASE
            WHEN p.cvss3_base_score IS NOT NULL THEN p.cvss3_vector
            ELSE p.cvss2_vector
        END AS cvss_vector,
    p.vpr_score,
    o.output,
    f.port,
    f.protocol,
    f.vendor_version_at AS indexed_at,
    f.recorded_at AS created_at,
    f.changed_at AS updated_at
   FROM finding f
     JOIN asset a ON a.asset_id = f.asset_id AND a.status = 'live'::text
     LEFT JOIN plugin p ON p.plugin_id = f.plugin_id AND p.owner_source_id =
        CASE
            WHEN f.plugin_id >= 1000000 THEN f.source_id
            ELSE 0
        END
     LEFT JOIN finding_output o ON o.asset_id = f.asset_id AND o.plugin_id = f.plugin_id AND o.port = f.port AND o.protocol = f.protocol AND o.instance = f.instance
     LEFT JOIN scan_run s ON s.scan_run_id = f.scan_run_id
  WHERE f.ended_at IS NULL;
comment on view compat.tenable_vulnerabilities is 'one finding of a live asset, fixed ones too, ended ones not; look rows up by asset_id or plugin_id, which have an index';
comment on column compat.tenable_vulnerabilities.id is 'made from asset, plugin, port, protocol and instance: the same whenever it is read; it has no index';
comment on column compat.tenable_vulnerabilities.scan_id is 'always null: findings name their scan by scan_uuid alone';
comment on column compat.tenable_vulnerabilities.severity is 'as the source sent it, after recast';
comment on column compat.tenable_vulnerabilities.severity_default_id is 'before recast';
comment on column compat.tenable_vulnerabilities.cvss_base_score is 'of CVSS 3 where the plugin has it, else of CVSS 2; the temporal score and the vector are of the same version';
comment on column compat.tenable_vulnerabilities.cvss_environmental_score is 'always null: no source gives it';
comment on column compat.tenable_vulnerabilities.output is 'text from the scanned machine: hostile';
comment on column compat.tenable_vulnerabilities.created_at is 'when our row was made';
comment on column compat.tenable_vulnerabilities.updated_at is 'when our row last changed';

-- scan_date text
-- vendor text collate "C"
-- critical_count bigint
-- critical_total_vpr double precision
-- high_count bigint
-- high_total_vpr double precision
-- medium_count bigint
-- medium_total_vpr double precision
-- low_count bigint
-- low_total_vpr double precision
-- total_vulnerabilities bigint
-- total_vpr double precision
-- source_id integer
-- origin text
create view compat.vendor_daily_totals as
 SELECT to_char(t.day::timestamp with time zone, 'YYYY-MM-DD'::text) AS scan_date,
    t.vendor,
    t.critical_count,
    t.critical_total_vpr,
    t.high_count,
    t.high_total_vpr,
    t.medium_count,
    t.medium_total_vpr,
    t.low_count,
    t.low_total_vpr,
    t.total_vulnerabilities,
    t.total_vpr,
    i.source_id,
    'hextrackr'::text AS origin
   FROM file_import_total t
     JOIN file_import i ON i.import_id = t.import_id
  WHERE i.status = 'applied'::text AND t.vendor <> ''::text AND NOT (EXISTS ( SELECT
           FROM file_import_total n
             JOIN file_import k ON k.import_id = n.import_id
          WHERE k.source_id = i.source_id AND k.status = 'applied'::text AND n.day = t.day AND n.vendor = t.vendor AND n.import_id > t.import_id));
comment on view compat.vendor_daily_totals is 'totals of a day by vendor as HexTrackr made them; ours are not kept by vendor, count vulnerabilities_current instead';
comment on column compat.vendor_daily_totals.vendor is 'by HexTrackr''s rules: CISCO, Palo Alto, Other';
comment on column compat.vendor_daily_totals.origin is 'hextrackr: by its own rules';

-- tenable_vulnerability_id bigint
-- tenable_plugin_id integer
-- last_tenable_sync timestamptz
create view compat.vulnerabilities as
 SELECT compat.row_id(concat_ws(chr(31), f.asset_id, f.plugin_id, f.port, f.protocol, f.instance)) AS tenable_vulnerability_id,
    f.plugin_id AS tenable_plugin_id,
    GREATEST(f.read_at, r.completed_at) AS last_tenable_sync
   FROM finding f
     JOIN asset a ON a.asset_id = f.asset_id AND a.status = 'live'::text
     LEFT JOIN ( SELECT r_1.source_id,
            max(s.watermark_at) AS completed_at
           FROM run_stream s
             JOIN run r_1 ON r_1.run_id = s.run_id
          WHERE s.stream = 'findings'::text AND s.status = 'completed'::text
          GROUP BY r_1.source_id) r ON r.source_id = f.source_id
  WHERE f.ended_at IS NULL;
comment on view compat.vulnerabilities is 'for joins: tenable_vulnerability_id is tenable_vulnerabilities.id';
comment on column compat.vulnerabilities.last_tenable_sync is 'up to when its source is known to have said what the row says';

-- id bigint
-- import_id bigint
-- scan_date text
-- hostname text
-- ip_address text
-- cve text
-- severity text
-- vpr_score double precision
-- cvss_score double precision
-- first_seen text
-- last_seen text
-- plugin_id integer
-- plugin_name text
-- description text
-- solution text
-- vendor_reference text
-- vendor text
-- vulnerability_date text
-- state text
-- created_at text
-- unique_key text collate "C"
-- confidence_score integer
-- dedup_tier integer
-- enhanced_unique_key text collate "C"
-- operating_system text
-- solution_text text
-- lifecycle_state text
-- resolved_date text
-- resolution_reason text
-- is_fix_available boolean
-- tenable_uuid text
-- tenable_asset_id text collate "C"
-- scan_id text
-- tenable_tags text
create view compat.vulnerabilities_current as
 SELECT compat.row_id(concat_ws(chr(31), f.asset_id, f.plugin_id, f.port, f.protocol, f.instance)) AS id,
    f.run_id AS import_id,
    to_char((
        CASE
            WHEN f.state = 'fixed'::text THEN f.last_found
            ELSE GREATEST(f.read_at, r.completed_at)
        END AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS scan_date,
        CASE
            WHEN a.name ~ '^\d+\.\d+\.\d+\.\d+$'::text THEN a.name
            ELSE lower(split_part(a.name, '.'::text, 1))
        END AS hostname,
    a.ipv4s[1] AS ip_address,
    array_to_string(p.cves, ', '::text) AS cve,
    initcap(f.severity) AS severity,
    p.vpr_score,
    COALESCE(p.cvss3_base_score, p.cvss2_base_score) AS cvss_score,
    to_char((f.first_found AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS first_seen,
    to_char((f.last_found AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS last_seen,
    f.plugin_id,
    p.name AS plugin_name,
    p.description,
    p.solution,
    NULL::text AS vendor_reference,
    COALESCE(o.extra #>> '{hextrackr,vendor}'::text[],
        CASE
            WHEN p.family ~~* '%cisco%'::text THEN 'CISCO'::text
            WHEN p.family ~~* '%palo alto%'::text THEN 'Palo Alto'::text
            ELSE 'Other'::text
        END) AS vendor,
    to_char((COALESCE(p.published_at, p.modified_at, p.vuln_published_at) AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS vulnerability_date,
    f.state,
    to_char((f.recorded_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text) AS created_at,
    concat_ws('.'::text, f.asset_id, f.plugin_id, f.port, f.protocol,
        CASE
            WHEN f.instance <> ''::text THEN translate(encode(convert_to(f.instance, 'UTF8'::name), 'base64'::text), '+/=
'::text, '-_'::text)
            ELSE NULL::text
        END) AS unique_key,
        CASE
            WHEN (o.extra #>> '{hextrackr,confidence_score}'::text[]) ~ '^\d{1,3}$'::text THEN (o.extra #>> '{hextrackr,confidence_score}'::text[])::integer
            ELSE 95
        END AS confidence_score,
        CASE
            WHEN (o.extra #>> '{hextrackr,dedup_tier}'::text[]) ~ '^\d$'::text THEN (o.extra #>> '{hextrackr,dedup_tier}'::text[])::integer
            ELSE 1
        END AS dedup_tier,
    concat('asset:', a.native_id, '|plugin:', f.plugin_id) AS enhanced_unique_key,
    array_to_string(a.operating_systems, ', '::text) AS operating_system,
    p.solution AS solution_text,
        CASE f.state
            WHEN 'open'::text THEN 'active'::text
            WHEN 'fixed'::text THEN 'resolved'::text
            ELSE f.state
        END AS lifecycle_state,
        CASE
            WHEN f.state = 'fixed'::text THEN to_char((f.last_fixed AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text)
            ELSE NULL::text
        END AS resolved_date,
        CASE
            WHEN f.state = 'fixed'::text THEN COALESCE(o.extra #>> '{hextrackr,resolution_reason}'::text[], 'fixed'::text)
            ELSE NULL::text
        END AS resolution_reason,
    p.has_patch AS is_fix_available,
    f.native_id AS tenable_uuid,
    a.native_id AS tenable_asset_id,
    s.scan_uuid AS scan_id,
    ( SELECT COALESCE(json_agg(json_build_object('key', t.tag_key, 'value', t.tag_value) ORDER BY (t.tag_key COLLATE "C"), (t.tag_value COLLATE "C")), '[]'::json)::text AS "coalesce"
           FROM asset_tag t
          WHERE t.asset_id = f.asset_id) AS tenable_tags
   FROM finding f
     JOIN asset a ON a.asset_id = f.asset_id AND a.status = 'live'::text
     LEFT JOIN plugin p ON p.plugin_id = f.plugin_id AND p.owner_source_id =
        CASE
            WHEN f.plugin_id >= 1000000 THEN f.source_id
            ELSE 0
        END
     LEFT JOIN finding_output o ON o.asset_id = f.asset_id AND o.plugin_id = f.plugin_id AND o.port = f.port AND o.protocol = f.protocol AND o.instance = f.instance
     LEFT JOIN scan_run s ON s.scan_run_id = f.scan_run_id
     LEFT JOIN ( SELECT r_1.source_id,
            max(s_1.watermark_at) AS completed_at
           FROM run_stream s_1
             JOIN run r_1 ON r_1.run_id = s_1.run_id
          WHERE s_1.stream = 'findings'::text AND s_1.status = 'completed'::text
          GROUP BY r_1.source_id) r ON r.source_id = f.source_id
  WHERE f.ended_at IS NULL;
comment on view compat.vulnerabilities_current is 'one finding of a live asset, at one port: not one row for each CVE, so that its rows count as findings do elsewhere';
comment on column compat.vulnerabilities_current.import_id is 'vulnerability_imports.id of the run that last changed it';
comment on column compat.vulnerabilities_current.scan_date is 'the day up to which the source is known to say so; of a fixed one the day it was last found';
comment on column compat.vulnerabilities_current.hostname is 'the first label, lower case; an address as it is';
comment on column compat.vulnerabilities_current.cve is 'all of the plugin''s, separated by a comma and a space';
comment on column compat.vulnerabilities_current.cvss_score is 'of CVSS 3 where the plugin has it, else of CVSS 2';
comment on column compat.vulnerabilities_current.vendor_reference is 'always null: no source gives it';
comment on column compat.vulnerabilities_current.vendor is 'derived from the plugin''s family: CISCO, Palo Alto, Other; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.unique_key is 'the finding''s id in our API';
comment on column compat.vulnerabilities_current.confidence_score is '95: the source names its assets itself; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.dedup_tier is '1; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.lifecycle_state is 'active, reopened, resolved; never grace_period: nothing is closed for being absent from one reading';
comment on column compat.vulnerabilities_current.resolution_reason is 'fixed: the source said so; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.tenable_uuid is 'the vendor''s id of the finding';
comment on column compat.vulnerabilities_current.tenable_asset_id is 'the vendor''s id of the asset';
comment on column compat.vulnerabilities_current.scan_id is 'the scan''s uuid';
comment on column compat.vulnerabilities_current.tenable_tags is 'JSON: [{"key", "value"}]';

-- scan_date text
-- critical_count bigint
-- critical_total_vpr double precision
-- high_count bigint
-- high_total_vpr double precision
-- medium_count bigint
-- medium_total_vpr double precision
-- low_count bigint
-- low_total_vpr double precision
-- total_vulnerabilities bigint
-- total_vpr double precision
-- resolved_count bigint
-- reopened_count bigint
-- origin text
create view compat.vulnerability_daily_totals as
 WITH first_read AS (
         SELECT min((t.watermark_at AT TIME ZONE 'utc'::text)::date) AS day
           FROM run_stream t
             JOIN run r ON r.run_id = t.run_id
             LEFT JOIN file_import i ON i.run_id = r.run_id
          WHERE t.stream = 'findings'::text AND t.status = 'completed'::text AND ((r.kind = ANY (ARRAY['full'::text, 'delta'::text])) OR i.status = 'applied'::text AND i.format ~~ 'hextrackr:%'::text)
        ), own_day AS (
         SELECT day.g AS day,
            day.g = n.last_day AS is_newest,
            day.g >= COALESCE(((( SELECT max(a.horizon_at) AS max
                   FROM archive_file a
                  WHERE a.status = 'archived'::text AND (a.class = ANY (ARRAY['finding_event'::text, 'asset_event'::text])))) AT TIME ZONE 'utc'::text)::date, day.g) AS is_told
           FROM ( SELECT min(daily_span.first_day) AS first_day,
                    max(daily_span.last_day) AS last_day,
                    (EXISTS ( SELECT
                           FROM file_import_total t
                             JOIN file_import i ON i.import_id = t.import_id
                          WHERE i.status = 'applied'::text AND t.vendor = ''::text)) AS has_imported
                   FROM daily_span) n
             CROSS JOIN first_read f
             CROSS JOIN LATERAL generate_series(
                CASE
                    WHEN n.has_imported THEN GREATEST(n.first_day, f.day)
                    ELSE n.first_day
                END::timestamp without time zone, n.last_day::timestamp without time zone, '1 day'::interval) at(g_at)
             CROSS JOIN LATERAL ( SELECT at.g_at::date AS g) day
        ), counted AS (
         SELECT t.day,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'critical'::text), 0::numeric)::bigint AS critical_count,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'high'::text), 0::numeric)::bigint AS high_count,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'medium'::text), 0::numeric)::bigint AS medium_count,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'low'::text), 0::numeric)::bigint AS low_count,
            sum(t.findings)::bigint AS total_vulnerabilities
           FROM daily_total t
          WHERE t.level = 'source'::text AND t.dimension = 'standing'::text AND (t.value = ANY (ARRAY['counted'::text, 'unlicensed'::text, 'untracked'::text])) AND t.state <> 'fixed'::text
          GROUP BY t.day
        )
 SELECT to_char(d.day::timestamp with time zone, 'YYYY-MM-DD'::text) AS scan_date,
    COALESCE(c.critical_count, 0::bigint) AS critical_count,
    v.critical_total_vpr,
    COALESCE(c.high_count, 0::bigint) AS high_count,
    v.high_total_vpr,
    COALESCE(c.medium_count, 0::bigint) AS medium_count,
    v.medium_total_vpr,
    COALESCE(c.low_count, 0::bigint) AS low_count,
    v.low_total_vpr,
    COALESCE(c.total_vulnerabilities, 0::bigint) AS total_vulnerabilities,
    v.total_vpr,
        CASE
            WHEN d.is_told THEN ( SELECT count(DISTINCT ROW(e.asset_id, e.plugin_id, e.port, e.protocol, e.instance)) AS count
               FROM source s
                 JOIN finding_event e ON e.source_id = s.source_id
              WHERE e.kind = 'fixed'::text AND COALESCE(e.happened_at, e.recorded_at) >= (d.day::timestamp without time zone AT TIME ZONE 'utc'::text) AND COALESCE(e.happened_at, e.recorded_at) < ((d.day + 1)::timestamp without time zone AT TIME ZONE 'utc'::text))
            ELSE NULL::bigint
        END AS resolved_count,
        CASE
            WHEN d.is_told THEN ( SELECT count(DISTINCT ROW(e.asset_id, e.plugin_id, e.port, e.protocol, e.instance)) AS count
               FROM source s
                 JOIN finding_event e ON e.source_id = s.source_id
              WHERE e.kind = 'resurfaced'::text AND COALESCE(e.happened_at, e.recorded_at) >= (d.day::timestamp without time zone AT TIME ZONE 'utc'::text) AND COALESCE(e.happened_at, e.recorded_at) < ((d.day + 1)::timestamp without time zone AT TIME ZONE 'utc'::text))
            ELSE NULL::bigint
        END AS reopened_count,
    'tenfold'::text AS origin
   FROM own_day d
     LEFT JOIN counted c ON c.day = d.day
     LEFT JOIN LATERAL ( SELECT sum(p.vpr_score) FILTER (WHERE f.severity = 'critical'::text) AS critical_total_vpr,
            sum(p.vpr_score) FILTER (WHERE f.severity = 'high'::text) AS high_total_vpr,
            sum(p.vpr_score) FILTER (WHERE f.severity = 'medium'::text) AS medium_total_vpr,
            sum(p.vpr_score) FILTER (WHERE f.severity = 'low'::text) AS low_total_vpr,
            sum(p.vpr_score) AS total_vpr
           FROM finding f
             JOIN asset a ON a.asset_id = f.asset_id AND a.status = 'live'::text
             JOIN plugin p ON p.plugin_id = f.plugin_id AND p.owner_source_id =
                CASE
                    WHEN f.plugin_id >= 1000000 THEN f.source_id
                    ELSE 0
                END
          WHERE d.is_newest AND f.state <> 'fixed'::text AND f.ended_at IS NULL) v ON true
UNION ALL
 SELECT to_char(t.day::timestamp with time zone, 'YYYY-MM-DD'::text) AS scan_date,
    sum(t.critical_count)::bigint AS critical_count,
    sum(t.critical_total_vpr) AS critical_total_vpr,
    sum(t.high_count)::bigint AS high_count,
    sum(t.high_total_vpr) AS high_total_vpr,
    sum(t.medium_count)::bigint AS medium_count,
    sum(t.medium_total_vpr) AS medium_total_vpr,
    sum(t.low_count)::bigint AS low_count,
    sum(t.low_total_vpr) AS low_total_vpr,
    sum(t.total_vulnerabilities)::bigint AS total_vulnerabilities,
    sum(t.total_vpr) AS total_vpr,
    sum(t.resolved_count)::bigint AS resolved_count,
    sum(t.reopened_count)::bigint AS reopened_count,
    'hextrackr'::text AS origin
   FROM file_import_total t
     JOIN file_import i ON i.import_id = t.import_id
     CROSS JOIN first_read f
  WHERE i.status = 'applied'::text AND t.vendor = ''::text AND (f.day IS NULL OR t.day < f.day) AND NOT (EXISTS ( SELECT
           FROM file_import_total n
             JOIN file_import k ON k.import_id = n.import_id
          WHERE k.source_id = i.source_id AND k.status = 'applied'::text AND n.day = t.day AND n.vendor = t.vendor AND n.import_id > t.import_id))
  GROUP BY t.day;
comment on view compat.vulnerability_daily_totals is 'open findings of live assets at the end of one day, of all sources; before our first reading, where HexTrackr''s totals were imported, those alone';
comment on column compat.vulnerability_daily_totals.scan_date is 'the day, in UTC';
comment on column compat.vulnerability_daily_totals.critical_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.high_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.medium_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.low_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.total_vulnerabilities is 'those of severity info too';
comment on column compat.vulnerability_daily_totals.total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.resolved_count is 'fixed on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals.reopened_count is 'resurfaced on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals.origin is 'tenfold: ours; hextrackr: as HexTrackr made them, by its own rules';

-- source_id integer
-- source text
-- scan_date text
-- critical_count bigint
-- critical_total_vpr double precision
-- high_count bigint
-- high_total_vpr double precision
-- medium_count bigint
-- medium_total_vpr double precision
-- low_count bigint
-- low_total_vpr double precision
-- total_vulnerabilities bigint
-- total_vpr double precision
-- resolved_count bigint
-- reopened_count bigint
-- origin text
create view compat.vulnerability_daily_totals_by_source as
 WITH first_read AS (
         SELECT r.source_id,
            min((t.watermark_at AT TIME ZONE 'utc'::text)::date) AS day
           FROM run_stream t
             JOIN run r ON r.run_id = t.run_id
             LEFT JOIN file_import i ON i.run_id = r.run_id
          WHERE t.stream = 'findings'::text AND t.status = 'completed'::text AND ((r.kind = ANY (ARRAY['full'::text, 'delta'::text])) OR i.status = 'applied'::text AND i.format ~~ 'hextrackr:%'::text)
          GROUP BY r.source_id
        ), own_day AS (
         SELECT s.source_id,
            day.g AS day,
            day.g = s.last_day AS is_newest,
            day.g >= COALESCE(((( SELECT max(a.horizon_at) AS max
                   FROM archive_file a
                  WHERE a.status = 'archived'::text AND (a.class = ANY (ARRAY['finding_event'::text, 'asset_event'::text])))) AT TIME ZONE 'utc'::text)::date, day.g) AS is_told
           FROM daily_span s
             LEFT JOIN first_read f ON f.source_id = s.source_id
             CROSS JOIN LATERAL ( SELECT (EXISTS ( SELECT
                           FROM file_import_total t
                             JOIN file_import i ON i.import_id = t.import_id
                          WHERE i.source_id = s.source_id AND i.status = 'applied'::text AND t.vendor = ''::text)) AS has_imported) h
             CROSS JOIN LATERAL generate_series(
                CASE
                    WHEN h.has_imported THEN GREATEST(s.first_day, f.day)
                    ELSE s.first_day
                END::timestamp without time zone, s.last_day::timestamp without time zone, '1 day'::interval) at(g_at)
             CROSS JOIN LATERAL ( SELECT at.g_at::date AS g) day
        ), counted AS (
         SELECT t.source_id,
            t.day,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'critical'::text), 0::numeric)::bigint AS critical_count,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'high'::text), 0::numeric)::bigint AS high_count,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'medium'::text), 0::numeric)::bigint AS medium_count,
            COALESCE(sum(t.findings) FILTER (WHERE t.severity = 'low'::text), 0::numeric)::bigint AS low_count,
            sum(t.findings)::bigint AS total_vulnerabilities
           FROM daily_total t
          WHERE t.level = 'source'::text AND t.dimension = 'standing'::text AND (t.value = ANY (ARRAY['counted'::text, 'unlicensed'::text, 'untracked'::text])) AND t.state <> 'fixed'::text
          GROUP BY t.source_id, t.day
        )
 SELECT d.source_id,
    s.name AS source,
    to_char(d.day::timestamp with time zone, 'YYYY-MM-DD'::text) AS scan_date,
    COALESCE(c.critical_count, 0::bigint) AS critical_count,
    v.critical_total_vpr,
    COALESCE(c.high_count, 0::bigint) AS high_count,
    v.high_total_vpr,
    COALESCE(c.medium_count, 0::bigint) AS medium_count,
    v.medium_total_vpr,
    COALESCE(c.low_count, 0::bigint) AS low_count,
    v.low_total_vpr,
    COALESCE(c.total_vulnerabilities, 0::bigint) AS total_vulnerabilities,
    v.total_vpr,
        CASE
            WHEN d.is_told THEN ( SELECT count(DISTINCT ROW(e.asset_id, e.plugin_id, e.port, e.protocol, e.instance)) AS count
               FROM finding_event e
              WHERE e.source_id = d.source_id AND e.kind = 'fixed'::text AND COALESCE(e.happened_at, e.recorded_at) >= (d.day::timestamp without time zone AT TIME ZONE 'utc'::text) AND COALESCE(e.happened_at, e.recorded_at) < ((d.day + 1)::timestamp without time zone AT TIME ZONE 'utc'::text))
            ELSE NULL::bigint
        END AS resolved_count,
        CASE
            WHEN d.is_told THEN ( SELECT count(DISTINCT ROW(e.asset_id, e.plugin_id, e.port, e.protocol, e.instance)) AS count
               FROM finding_event e
              WHERE e.source_id = d.source_id AND e.kind = 'resurfaced'::text AND COALESCE(e.happened_at, e.recorded_at) >= (d.day::timestamp without time zone AT TIME ZONE 'utc'::text) AND COALESCE(e.happened_at, e.recorded_at) < ((d.day + 1)::timestamp without time zone AT TIME ZONE 'utc'::text))
            ELSE NULL::bigint
        END AS reopened_count,
    'tenfold'::text AS origin
   FROM own_day d
     JOIN source s ON s.source_id = d.source_id
     LEFT JOIN counted c ON c.source_id = d.source_id AND c.day = d.day
     LEFT JOIN LATERAL ( SELECT sum(p.vpr_score) FILTER (WHERE f.severity = 'critical'::text) AS critical_total_vpr,
            sum(p.vpr_score) FILTER (WHERE f.severity = 'high'::text) AS high_total_vpr,
            sum(p.vpr_score) FILTER (WHERE f.severity = 'medium'::text) AS medium_total_vpr,
            sum(p.vpr_score) FILTER (WHERE f.severity = 'low'::text) AS low_total_vpr,
            sum(p.vpr_score) AS total_vpr
           FROM finding f
             JOIN asset a ON a.asset_id = f.asset_id AND a.status = 'live'::text
             JOIN plugin p ON p.plugin_id = f.plugin_id AND p.owner_source_id =
                CASE
                    WHEN f.plugin_id >= 1000000 THEN f.source_id
                    ELSE 0
                END
          WHERE d.is_newest AND f.state <> 'fixed'::text AND f.ended_at IS NULL AND f.source_id = d.source_id) v ON true
UNION ALL
 SELECT i.source_id,
    s.name AS source,
    to_char(t.day::timestamp with time zone, 'YYYY-MM-DD'::text) AS scan_date,
    t.critical_count,
    t.critical_total_vpr,
    t.high_count,
    t.high_total_vpr,
    t.medium_count,
    t.medium_total_vpr,
    t.low_count,
    t.low_total_vpr,
    t.total_vulnerabilities,
    t.total_vpr,
    t.resolved_count,
    t.reopened_count,
    'hextrackr'::text AS origin
   FROM file_import_total t
     JOIN file_import i ON i.import_id = t.import_id
     JOIN source s ON s.source_id = i.source_id
     LEFT JOIN first_read f ON f.source_id = i.source_id
  WHERE i.status = 'applied'::text AND t.vendor = ''::text AND (f.day IS NULL OR t.day < f.day) AND NOT (EXISTS ( SELECT
           FROM file_import_total n
             JOIN file_import k ON k.import_id = n.import_id
          WHERE k.source_id = i.source_id AND k.status = 'applied'::text AND n.day = t.day AND n.vendor = t.vendor AND n.import_id > t.import_id));
comment on view compat.vulnerability_daily_totals_by_source is 'open findings of live assets at the end of one day, of one source; before its first reading, where HexTrackr''s totals were imported, those alone';
comment on column compat.vulnerability_daily_totals_by_source.scan_date is 'the day, in UTC';
comment on column compat.vulnerability_daily_totals_by_source.critical_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.high_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.medium_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.low_total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.total_vulnerabilities is 'those of severity info too';
comment on column compat.vulnerability_daily_totals_by_source.total_vpr is 'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.resolved_count is 'fixed on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals_by_source.reopened_count is 'resurfaced on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals_by_source.origin is 'tenfold: ours; hextrackr: as HexTrackr made them, by its own rules';

-- id bigint
-- filename text
-- import_date text
-- row_count bigint
-- vendor text
-- file_size bigint
-- processing_time bigint
-- raw_headers text
-- created_at text
-- import_type text
-- api_sync_id text
-- sync_timestamp text
create view compat.vulnerability_imports as
 SELECT r.run_id AS id,
    i.file_name AS filename,
    to_char((r.created_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS import_date,
    COALESCE(i.rows_read, c.received) AS row_count,
    'tenable'::text AS vendor,
    COALESCE(i.size_bytes, c.bytes) AS file_size,
    (EXTRACT(epoch FROM r.finished_at - r.started_at) * 1000::numeric)::bigint AS processing_time,
    NULLIF(i.facts -> 'columns'::text, '[]'::jsonb)::text AS raw_headers,
    to_char((r.created_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text) AS created_at,
        CASE r.kind
            WHEN 'import'::text THEN 'csv'::text
            ELSE 'api'::text
        END AS import_type,
    r.run_id::text AS api_sync_id,
    to_char((r.finished_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text) AS sync_timestamp
   FROM run r
     LEFT JOIN file_import i ON i.run_id = r.run_id
     CROSS JOIN LATERAL ( SELECT COALESCE(sum(p.received), 0::bigint) AS received,
            COALESCE(sum(p.bytes), 0::numeric)::bigint AS bytes
           FROM export_job j
             JOIN export_chunk p ON p.export_job_id = j.export_job_id
          WHERE j.run_id = r.run_id AND j.stream = 'findings'::text) c
  WHERE 'findings'::text = ANY (r.streams);
comment on view compat.vulnerability_imports is 'one run that reads findings, whatever became of it';
comment on column compat.vulnerability_imports.filename is 'of a file that somebody brought; null where an API was read';
comment on column compat.vulnerability_imports.file_size is 'of the file; else bytes of findings received, uncompressed';
comment on column compat.vulnerability_imports.processing_time is 'milliseconds; null while it runs';
comment on column compat.vulnerability_imports.raw_headers is 'JSON: the columns of a file that has such; else null';
comment on column compat.vulnerability_imports.sync_timestamp is 'the end of the run';

-- id bigint
-- import_id bigint
-- scan_date text
-- hostname text
-- ip_address text
-- cve text
-- severity text
-- vpr_score double precision
-- cvss_score double precision
-- first_seen text
-- last_seen text
-- plugin_id integer
-- plugin_name text
-- description text
-- solution text
-- vendor_reference text
-- vendor text
-- vulnerability_date text
-- state text
-- created_at text
-- unique_key text collate "C"
-- confidence_score integer
-- dedup_tier integer
-- enhanced_unique_key text collate "C"
-- operating_system text
-- solution_text text
create view compat.vulnerability_snapshots as
 SELECT compat.row_id(concat_ws(chr(31), d.day, t.asset_id, t.plugin_id, t.port, t.protocol, t.instance)) AS id,
    d.run_id AS import_id,
    to_char(d.day::timestamp with time zone, 'YYYY-MM-DD'::text) AS scan_date,
        CASE
            WHEN a.name ~ '^\d+\.\d+\.\d+\.\d+$'::text THEN a.name
            ELSE lower(split_part(a.name, '.'::text, 1))
        END AS hostname,
    a.ipv4s[1] AS ip_address,
    array_to_string(p.cves, ', '::text) AS cve,
    initcap(t.severity) AS severity,
    p.vpr_score,
    COALESCE(p.cvss3_base_score, p.cvss2_base_score) AS cvss_score,
    to_char((f.first_found AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS first_seen,
    to_char(LEAST((f.last_found AT TIME ZONE 'utc'::text)::date, d.day)::timestamp with time zone, 'YYYY-MM-DD'::text) AS last_seen,
    t.plugin_id,
    p.name AS plugin_name,
    p.description,
    p.solution,
    NULL::text AS vendor_reference,
    COALESCE(o.extra #>> '{hextrackr,vendor}'::text[],
        CASE
            WHEN p.family ~~* '%cisco%'::text THEN 'CISCO'::text
            WHEN p.family ~~* '%palo alto%'::text THEN 'Palo Alto'::text
            ELSE 'Other'::text
        END) AS vendor,
    to_char((COALESCE(p.published_at, p.modified_at, p.vuln_published_at) AT TIME ZONE 'utc'::text), 'YYYY-MM-DD'::text) AS vulnerability_date,
    'open'::text AS state,
    to_char((r.finished_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text) AS created_at,
    concat_ws('.'::text, t.asset_id, t.plugin_id, t.port, t.protocol,
        CASE
            WHEN t.instance <> ''::text THEN translate(encode(convert_to(t.instance, 'UTF8'::name), 'base64'::text), '+/=
'::text, '-_'::text)
            ELSE NULL::text
        END) AS unique_key,
        CASE
            WHEN (o.extra #>> '{hextrackr,confidence_score}'::text[]) ~ '^\d{1,3}$'::text THEN (o.extra #>> '{hextrackr,confidence_score}'::text[])::integer
            ELSE 95
        END AS confidence_score,
        CASE
            WHEN (o.extra #>> '{hextrackr,dedup_tier}'::text[]) ~ '^\d$'::text THEN (o.extra #>> '{hextrackr,dedup_tier}'::text[])::integer
            ELSE 1
        END AS dedup_tier,
    concat('asset:', a.native_id, '|plugin:', t.plugin_id) AS enhanced_unique_key,
    array_to_string(a.operating_systems, ', '::text) AS operating_system,
    p.solution AS solution_text
   FROM ( SELECT d_1.source_id,
            d_1.day,
            e.asset_id,
            e.plugin_id,
            e.port,
            e.protocol,
            e.instance,
            bool_or(e.kind = 'opened'::text) AS is_there,
            (array_agg(e.state ORDER BY e.recorded_at DESC, e.event_id DESC) FILTER (WHERE e.kind = ANY (ARRAY['opened'::text, 'fixed'::text, 'resurfaced'::text])))[1] AS state,
            (array_agg(e.severity ORDER BY e.recorded_at DESC, e.event_id DESC) FILTER (WHERE e.kind = ANY (ARRAY['opened'::text, 'severity'::text])))[1] AS severity,
            (array_agg(e.kind ORDER BY e.recorded_at DESC, e.event_id DESC) FILTER (WHERE e.kind = ANY (ARRAY['ended'::text, 'returned'::text])))[1] AS ending
           FROM compat.scan_days d_1
             JOIN finding_event e ON e.source_id = d_1.source_id AND history_day(e.happened_at, e.recorded_at) <= d_1.day
          GROUP BY d_1.source_id, d_1.day, e.asset_id, e.plugin_id, e.port, e.protocol, e.instance) t
     JOIN ( SELECT DISTINCT ON (d_1.source_id, d_1.day, e.asset_id) d_1.source_id,
            d_1.day,
            e.asset_id,
            e.status
           FROM compat.scan_days d_1
             JOIN asset_event e ON e.source_id = d_1.source_id AND (e.kind = 'appeared'::text OR history_day(e.happened_at, e.recorded_at) <= d_1.day)
          WHERE e.kind = ANY (ARRAY['appeared'::text, 'status'::text, 'licence'::text, 'tracking'::text])
          ORDER BY d_1.source_id, d_1.day, e.asset_id, e.recorded_at DESC, e.event_id DESC) g ON g.source_id = t.source_id AND g.day = t.day AND g.asset_id = t.asset_id AND g.status = 'live'::text
     JOIN compat.scan_days d ON d.source_id = t.source_id AND d.day = t.day
     JOIN asset a ON a.asset_id = t.asset_id
     LEFT JOIN finding f ON f.asset_id = t.asset_id AND f.plugin_id = t.plugin_id AND f.port = t.port AND f.protocol = t.protocol AND f.instance = t.instance
     LEFT JOIN plugin p ON p.plugin_id = t.plugin_id AND p.owner_source_id =
        CASE
            WHEN t.plugin_id >= 1000000 THEN t.source_id
            ELSE 0
        END
     LEFT JOIN finding_output o ON o.asset_id = t.asset_id AND o.plugin_id = t.plugin_id AND o.port = t.port AND o.protocol = t.protocol AND o.instance = t.instance
     LEFT JOIN run r ON r.run_id = d.run_id
  WHERE t.is_there AND t.state <> 'fixed'::text AND t.ending IS DISTINCT FROM 'ended'::text;
comment on view compat.vulnerability_snapshots is 'one finding that was open at the end of a day in UTC, for each of the days of compat.scan_days; look rows up by asset or plugin in vulnerabilities_current instead, this view is folded from history whenever it is read';
comment on column compat.vulnerability_snapshots.id is 'made from the day and the finding: the same whenever it is read';
comment on column compat.vulnerability_snapshots.import_id is 'vulnerability_imports.id of the run that read the source on that day';
comment on column compat.vulnerability_snapshots.scan_date is 'the day, in UTC';
comment on column compat.vulnerability_snapshots.severity is 'as it was at the end of that day, after recast';
comment on column compat.vulnerability_snapshots.vpr_score is 'of today, like all that is said of the plugin and the asset';
comment on column compat.vulnerability_snapshots.last_seen is 'no later than the day';
comment on column compat.vulnerability_snapshots.vendor_reference is 'always null: no source gives it';
comment on column compat.vulnerability_snapshots.state is 'always open, as older programs expect: a snapshot has nothing else';
