-- The small lists of a source: networks, scanners, agents, tags and families of plugins, with what changed in them. An
-- entry that the source no longer lists stays, with the time it went.

alter table run_stream drop constraint if exists run_stream_stream_check;
alter table run_stream add constraint run_stream_stream_check check (stream in (
  'assets', 'findings', 'plugins', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'));

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
  primary key (source_id, native_id)
);
comment on table network is 'one network of one source: where addresses are unique';
comment on column network.assets_ttl_days is 'assets that no scan meets for so long are deleted by the source, with their findings';
comment on column network.scanner_count is 'as the source counts them';
comment on column network.read_at is 'when the version we hold was read; reading the same again does not move it';
comment on column network.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

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
  ip_addresses text[] not null default '{}',
  groups text[] not null default '{}',
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
  primary key (source_id, native_id)
);
comment on table scanner is 'one scanner or group of scanners of one source; the key that links scanners is never stored';
comment on column scanner.status is 'on or off, in the vendor''s words';
comment on column scanner.scan_count is 'scans that run on it now, as the source counts them';
comment on column scanner.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

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
  groups text[] not null default '{}',
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
  primary key (source_id, native_id)
);
comment on table agent is 'one agent linked to one source';
comment on column agent.asset_native_id is 'the source''s id of the asset it is installed on; null when the source does not say';
comment on column agent.status is 'on, off or init, in the vendor''s words';
comment on column agent.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it: it was unlinked; null while it is there';
create index agent_name_idx on agent (lower(name) collate "C", source_id, native_id);

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
  primary key (source_id, native_id)
);
comment on table tag_category is 'what the tags of a source are sorted by, also a category without any value';
comment on column tag_category.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

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
  primary key (source_id, native_id)
);
comment on table tag is 'one tag of one source, a value of a category; which assets have it is in asset_tag';
comment on column tag.type is 'static: given by people; dynamic: by a rule of the source';
comment on column tag.gone_at is 'the reading of the whole list, on the vendor''s clock, that first lacked it; null while it is there';

create table directory_event (
  event_id bigint generated always as identity primary key,
  source_id integer not null,
  list text not null check (list in ('network', 'scanner', 'agent', 'tag_category', 'tag')),
  native_id text collate "C" not null,
  happened_at timestamptz,
  recorded_at timestamptz not null default now(),
  run_id bigint,
  kind text not null check (kind in ('appeared', 'changed', 'gone', 'returned')),
  name text not null,
  is_reconstructed boolean not null default false,
  before jsonb,
  after jsonb
);
comment on table directory_event is 'one change of a network, scanner, agent or tag that somebody would ask about; that a sensor reports or falls silent is none';
comment on column directory_event.list is 'the table that has the entry';
comment on column directory_event.happened_at is 'the vendor''s clock: its own date of the change, else when it was read; null when it gives no date of the beginning';
comment on column directory_event.name is 'what the entry was called, for people';
comment on column directory_event.is_reconstructed is 'from the first reading of the list: it was there before';
comment on column directory_event.before is 'of what changed: as it was, as after is what it is now';
create index directory_event_entry_idx on directory_event (source_id, list, native_id, event_id);

create table plugin_family (
  source_id integer not null,
  family_id integer not null,
  name text not null,
  plugin_count integer not null,
  missing_count integer not null,
  is_settled boolean not null,
  read_at timestamptz not null,
  run_id bigint not null,
  primary key (source_id, family_id)
);
comment on table plugin_family is 'one family of plugins, as one source listed it last';
comment on column plugin_family.plugin_count is 'as the list of families counted them when the family was read: as long as it does, it is not read again';
comment on column plugin_family.missing_count is 'of them, those that we did not hold';
comment on column plugin_family.is_settled is 'none is missing, or as many as at the reading before: else it is read again, for plugins that came meanwhile';

-- members of a tag; assets of a network as the default count has them; the asset of an agent that names none
create index asset_tag_value_idx on asset_tag (tag_key, tag_value, asset_id);
create index asset_network_idx on asset (source_id, network_id)
  where status = 'live' and is_licensed is not false and is_tracked is not false;
create index asset_agent_idx on asset (source_id, agent_uuid) where agent_uuid is not null;

-- What people have changed stays as they made it.
update schedule
set streams = array['assets', 'findings', 'networks', 'scanners', 'agents', 'tags']
where name = 'changes' and streams = array['assets', 'findings'];

create function ipv6_or_null(address text) returns inet
  language plpgsql immutable strict
as $$
begin
  return case when family(address::inet) = 6 then host(address::inet)::inet end;
exception when data_exception then
  return null;
end
$$;
comment on function ipv6_or_null is 'an address as the source wrote it, or null when it is none';
