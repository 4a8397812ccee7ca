-- Scores of CVEs day by day (EPSS, CISA KEV), what they make of each plugin; and whose an asset is, by rule or by person.

create table feed_load (
  feed_load_id bigint generated always as identity primary key,
  kind text not null check (kind in ('epss', 'kev')),
  score_on date not null,
  released_at timestamptz not null,
  version text,
  outcome text not null check (outcome in ('current', 'history', 'superseded')),
  entries integer not null,
  added integer not null,
  changed integer not null,
  removed integer not null,
  plugins_changed integer not null,
  bytes bigint not null,
  sha256 text not null,
  origin text not null,
  loaded_at timestamptz not null default now(),
  loaded_by text not null
);
comment on table feed_load is 'one feed that was read whole: of which day, from where, and what it changed';
comment on column feed_load.score_on is 'the day in UTC that its values speak for';
comment on column feed_load.released_at is 'when its maker says that it was made; of two of one day the later holds';
comment on column feed_load.outcome is
  'current: the newest there is; history: of a day before the newest; superseded: older than another of its day, nothing taken';
comment on column feed_load.added is 'CVEs that the day before did not have; changed and removed likewise';
comment on column feed_load.sha256 is 'of the bytes as they came';
create index feed_load_kind_idx on feed_load (kind, score_on);

create table feed_state (
  kind text primary key check (kind in ('epss', 'kev')),
  score_on date,
  feed_load_id bigint references feed_load,
  checked_at timestamptz,
  next_at timestamptz,
  error_code text,
  error_message text,
  url text,
  etag text,
  last_modified text
);
comment on table feed_state is 'where each feed stands: the newest day there is, and how the last look at its address went';
comment on column feed_state.next_at is 'when the next server fetches it; whoever moves it on fetches';
comment on column feed_state.url is 'where etag and last_modified are from: asked there again, the same answer need not be sent';

create table score_feed (
  kind text not null check (kind in ('epss', 'kev')),
  cve text collate "C" not null,
  valid_from date not null,
  valid_to date,
  epss double precision,
  percentile double precision,
  added_on date,
  due_on date,
  is_ransomware boolean,
  detail jsonb,
  primary key (kind, cve, valid_from),
  check (valid_to > valid_from),
  check ((kind = 'epss') = (epss is not null)),
  check ((kind = 'kev') = (added_on is not null))
);
comment on table score_feed is 'what a feed said of a CVE from one day until it said something else; a day without a row: nothing';
comment on column score_feed.valid_to is 'the first day on which it no longer holds; null: it holds now';
comment on column score_feed.epss is '0 to 1, exactly as on every day of the row';
comment on column score_feed.percentile is
  '0 to 1; it moves a little every day with all others, and a move of less than 0.005 makes no new row';
comment on column score_feed.due_on is 'by when CISA asks for a remedy';
create unique index score_feed_now_idx on score_feed (kind, cve) where valid_to is null;

create table plugin_score (
  plugin_id integer not null,
  owner_source_id integer not null,
  epss_score double precision,
  epss_percentile double precision,
  epss_cve text,
  epss_origin text check (epss_origin in ('feed', 'vendor')),
  is_kev boolean,
  kev_origin text check (kev_origin in ('feed', 'vendor')),
  kev_cves text[] not null default '{}',
  kev_added_on date,
  kev_due_on date,
  is_ransomware boolean,
  changed_at timestamptz not null default now(),
  primary key (plugin_id, owner_source_id)
);
comment on table plugin_score is 'today''s EPSS and KEV of each plugin: of the feeds where one is loaded and knows it, else the vendor''s own';
comment on column plugin_score.epss_score is 'the highest of its CVEs, which epss_cve names';
comment on column plugin_score.kev_due_on is 'the earliest of its CVEs in the catalogue';
comment on column plugin_score.is_ransomware is 'one of its CVEs is known to be used by ransomware; null: no catalogue is loaded, or none is listed';
create index plugin_score_kev_idx on plugin_score (plugin_id, owner_source_id) where is_kev;
create index plugin_score_epss_idx on plugin_score (coalesce(epss_score, -1), plugin_id, owner_source_id);

insert into plugin_score (plugin_id, owner_source_id, epss_score, epss_origin, is_kev, kev_origin)
select plugin_id, owner_source_id, epss_score, case when epss_score is not null then 'vendor' end, is_kev,
       case when is_kev is not null then 'vendor' end
from plugin;

create table group_rule (
  group_rule_id integer generated always as identity primary key,
  name text not null unique check (name <> ''),
  priority integer not null,
  conditions jsonb not null check (jsonb_typeof(conditions) = 'object'),
  owner text check (owner <> ''),
  criticality text check (criticality in ('low', 'medium', 'high', 'critical')),
  group_name text check (group_name <> ''),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  is_enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (num_nonnulls(owner, criticality, group_name) > 0)
);
comment on table group_rule is 'assets that meet all the conditions get an owner, a criticality, a group';
comment on column group_rule.priority is 'the lowest number goes first: it decides owner and criticality; groups add up';
comment on column group_rule.conditions is '{"tag": ["Env:Prod"], "cidr": ["10.0.0.0/8"]}: of each kind one must hold, of all kinds each';
comment on column group_rule.valid_to is 'the first day on which it no longer holds; null: no end';

create table group_state (
  is_only boolean primary key default true check (is_only),
  evaluated_on date not null
);
comment on table group_state is 'the day in UTC whose rules asset_group follows';

create table owner_override (
  source_id integer not null,
  native_id text collate "C" not null,
  owner text not null check (owner <> ''),
  set_at timestamptz not null default now(),
  set_by text not null,
  primary key (source_id, native_id)
);
comment on table owner_override is
  'an owner that a person gave one asset, whatever the rules say; by the source''s own id, so that it outlives a mirror that is read anew';

create table asset_group (
  asset_id bigint primary key,
  owner text,
  criticality text check (criticality in ('low', 'medium', 'high', 'critical')),
  group_names text[] not null default '{}',
  rule_ids integer[] not null default '{}',
  is_owner_set boolean not null default false,
  changed_at timestamptz not null default now()
);
comment on table asset_group is 'what rules and people make of an asset now; one that they say nothing of has no row';
comment on column asset_group.rule_ids is 'the rules that it meets, the first that goes first';
comment on column asset_group.is_owner_set is 'the owner was given by a person';
create index asset_group_owner_idx on asset_group (owner, asset_id);
create index asset_group_names_idx on asset_group using gin (group_names);

create sequence asset_group_event_id_seq cache 100;

create table asset_group_event (
  asset_id bigint not null,
  recorded_at timestamptz not null default now(),
  event_id bigint not null default nextval('asset_group_event_id_seq'),
  owner text,
  criticality text check (criticality in ('low', 'medium', 'high', 'critical')),
  group_names text[] not null,
  rule_ids integer[] not null,
  is_owner_set boolean not null,
  cause text not null check (cause in ('asset', 'rule', 'day', 'person', 'repair')),
  primary key (asset_id, recorded_at, event_id)
);
comment on table asset_group_event is 'what asset_group said of an asset from then on; nothing at all where everything is empty';
comment on column asset_group_event.cause is 'what changed: the asset, the rules, the day that they are for, an owner that a person gave';

create function inet_or_null(address text) returns inet language plpgsql immutable as $$
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
$$;
comment on function inet_or_null is 'an address, or null for a text that is none';
