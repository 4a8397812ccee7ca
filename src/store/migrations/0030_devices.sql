-- One machine across the sources of a tenant: which records are one, with the evidence, and what people decided.

create table device (
  device_id bigint generated always as identity primary key,
  tenant_id integer not null references tenant on delete cascade,
  created_at timestamptz not null default now()
);
create index device_tenant_idx on device (tenant_id, device_id);

-- What identifies an asset, in one spelling; made anew when the asset says otherwise.
create table asset_identity (
  asset_id bigint primary key,
  tenant_id integer not null,
  source_id integer not null,
  record jsonb not null,
  changed_at timestamptz not null default now()
);
comment on table asset_identity is 'assets that take part; those the source gives a new id at every scan do not';
comment on column asset_identity.record is 'identifiers, addresses, system, and between when it was seen, the latter up to a week behind';
create index asset_identity_tenant_idx on asset_identity (tenant_id, asset_id);

create table asset_identifier (
  tenant_id integer not null,
  kind text not null,
  value text not null,
  asset_id bigint not null references asset_identity on delete cascade,
  primary key (tenant_id, kind, value, asset_id)
);
create index asset_identifier_asset_idx on asset_identifier (asset_id);

create table device_asset (
  asset_id bigint primary key references asset_identity on delete cascade,
  device_id bigint not null references device on delete cascade,
  since timestamptz not null default now()
);
comment on column device_asset.since is 'since when it is held to be of this machine';
create index device_asset_device_idx on device_asset (device_id);

create table device_evidence (
  asset_a bigint not null references asset_identity on delete cascade,
  asset_b bigint not null references asset_identity on delete cascade,
  tenant_id integer not null,
  score double precision not null,
  confidence double precision not null check (confidence between 0 and 1),
  evidence jsonb not null,
  is_asked boolean not null,
  primary key (asset_a, asset_b),
  check (asset_a < asset_b)
);
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
comment on column identity_state.looked_at is 'assets changed before this have been looked at';
