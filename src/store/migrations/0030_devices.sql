-- One machine across the sources of a tenant: which records are one, with the evidence, and what people decided.

create table device (
  device_id bigint generated always as identity primary key,
  tenant_id integer not null references tenant on delete cascade,
  created_at timestamptz not null default now()
);
comment on table device is 'one machine of a tenant, made of the assets that device_asset gives it';
create index device_tenant_idx on device (tenant_id, device_id);

-- What identifies an asset, in one spelling; made anew when the asset says otherwise.
create table asset_identity (
  asset_id bigint primary key,
  tenant_id integer not null,
  source_id integer not null,
  record jsonb not null,
  changed_at timestamptz not null default now()
);
comment on table asset_identity is 'what identifies an asset; of those that take part: those the source gives a new id at every scan do not';
comment on column asset_identity.record is 'identifiers, addresses, system, and between when it was seen, the latter up to a week behind';
create index asset_identity_tenant_idx on asset_identity (tenant_id, asset_id);

create table asset_identifier (
  asset_id bigint not null,
  tenant_id integer not null,
  kind text not null,
  value text not null,
  primary key (asset_id, kind, value),
  check (kind in ('tenable_uuid', 'agent_uuid', 'cloud_instance', 'bios_uuid', 'serial_number', 'mac_address', 'fqdn',
                  'netbios_in_domain', 'hostname'))
);
comment on table asset_identifier is 'one value that identifies an asset, of asset_identity.record, to be looked up';
create index asset_identifier_value_idx on asset_identifier (tenant_id, kind, value, asset_id);

create table device_asset (
  asset_id bigint primary key,
  device_id bigint not null,
  since timestamptz not null default now()
);
comment on table device_asset is 'of which machine an asset of asset_identity is; each is of one';
comment on column device_asset.since is 'since when it is held to be of this machine';
create index device_asset_device_idx on device_asset (device_id);

create table device_evidence (
  asset_a bigint not null,
  asset_b bigint not null,
  tenant_id integer not null,
  score double precision not null,
  confidence double precision not null check (confidence between 0 and 1),
  evidence jsonb not null,
  is_asked boolean not null,
  primary key (asset_a, asset_b),
  check (asset_a < asset_b)
);
comment on table device_evidence is 'two assets that share something, and what it says';
comment on column device_evidence.evidence is 'kind, value and weight of each thing that speaks for or against; they add up to the score';
comment on column device_evidence.is_asked is 'not enough to join the two, or something else stands against it: for a person to decide';
create index device_evidence_b_idx on device_evidence (asset_b);
create index device_evidence_asked_idx on device_evidence (tenant_id, score desc, asset_a, asset_b) where is_asked;

create table device_decision (
  decision_id bigint generated always as identity primary key,
  tenant_id integer not null references tenant on delete cascade,
  asset_a bigint not null,
  asset_b bigint not null,
  is_same boolean not null,
  reason text,
  decided_by text not null,
  decided_at timestamptz not null default now(),
  undone_by text,
  undone_at timestamptz,
  check (asset_a < asset_b)
);
comment on table device_decision is 'what people decided of two assets; it stands over all evidence until it is undone';
create unique index device_decision_pair_idx on device_decision (asset_a, asset_b) where undone_at is null;
create index device_decision_tenant_idx on device_decision (tenant_id, decision_id);

create table identity_state (
  tenant_id integer primary key references tenant on delete cascade,
  looked_at timestamptz not null
);
comment on table identity_state is 'how far the assets of a tenant have been looked at';
comment on column identity_state.looked_at is 'assets changed before this have been looked at';
