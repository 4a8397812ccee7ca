-- Who may look and act, how far, and by what they prove it. Secrets are here as hashes only.

create table app_user (
  user_id integer generated always as identity primary key,
  user_name text not null check (user_name <> ''),
  display_name text not null check (display_name <> ''),
  password_hash text,
  is_disabled boolean not null default false,
  oidc_issuer text,
  oidc_subject text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  password_changed_at timestamptz,
  last_sign_in_at timestamptz,
  check ((oidc_issuer is null) = (oidc_subject is null)),
  unique (oidc_issuer, oidc_subject)
);
comment on table app_user is 'a person, or a program of theirs, that may sign in';
comment on column app_user.password_hash is 'argon2id with its salt and parameters; null: no password, signs in by a link or through the identity provider';
comment on column app_user.oidc_subject is 'who this is at oidc_issuer; names may change there, this does not';
create unique index app_user_name_idx on app_user (lower(user_name));

create table role_grant (
  grant_id integer generated always as identity primary key,
  user_id integer not null references app_user on delete cascade,
  tenant_id integer references tenant on delete cascade,
  role text not null check (role in ('viewer', 'analyst', 'operator', 'admin')),
  source_ids integer[] check (cardinality(source_ids) > 0),
  tags text[] check (cardinality(tags) > 0),
  managed_by text not null default 'people' check (managed_by in ('people', 'oidc')),
  created_at timestamptz not null default now()
);
comment on table role_grant is 'a role of a person in one tenant, whole or narrowed; what a person may do is the sum of theirs';
comment on column role_grant.tenant_id is 'null: every tenant, also those to come';
comment on column role_grant.source_ids is 'null: every source of the tenant';
comment on column role_grant.tags is 'Key or Key:Value, of which an asset needs one; null: whatever its tags';
comment on column role_grant.managed_by is 'oidc: made from the groups at each sign-in through the identity provider';
create index role_grant_user_idx on role_grant (user_id);

create table session (
  session_id bigint generated always as identity primary key,
  session_hash bytea not null unique,
  user_id integer not null references app_user on delete cascade,
  method text not null check (method in ('password', 'link', 'oidc')),
  address text not null,
  user_agent text not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  ends_at timestamptz not null
);
comment on table session is 'one browser that somebody is signed in with';
comment on column session.session_hash is 'SHA-256 of the id that only the browser has';
comment on column session.last_seen_at is 'to the minute: it is not written at every call';
comment on column session.ends_at is 'however much it is used';
create index session_user_idx on session (user_id);

create table api_token (
  token_id integer generated always as identity primary key,
  user_id integer not null references app_user on delete cascade,
  name text not null check (name <> ''),
  prefix text not null unique,
  token_hash bytea not null unique,
  scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'sync', 'manage']),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
comment on table api_token is 'what a program shows instead of a session; it may what its user may, within its scopes';
comment on column api_token.prefix is 'the part that may be shown, to tell tokens apart';
comment on column api_token.token_hash is 'SHA-256 of the whole token, which is too long to be guessed';
comment on column api_token.last_used_at is 'to the minute';
create index api_token_user_idx on api_token (user_id);

create table access_link (
  link_id integer generated always as identity primary key,
  link_hash bytea not null unique,
  purpose text not null check (purpose in ('setup', 'password', 'sign_in')),
  user_id integer references app_user on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check ((user_id is null) = (purpose = 'setup'))
);
comment on table access_link is 'a link that works once: to make the first account, to choose a password, to sign in; gone when used';
comment on column access_link.link_hash is 'SHA-256 of the random part of the link';

create table sign_in_failure (
  subject_hash bytea primary key,
  failures integer not null check (failures >= 0),
  last_failed_at timestamptz not null default now(),
  blocked_until timestamptz
);
comment on table sign_in_failure is 'wrong passwords in a row for one name, whether somebody has it or not, or from one address';
comment on column sign_in_failure.subject_hash is 'SHA-256 of account:<name> or address:<address>';
comment on column sign_in_failure.blocked_until is 'until then nothing is tried; it grows with the failures and always ends';
