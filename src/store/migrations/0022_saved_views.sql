-- How people look at lists: views that have a name, and what each person last chose.

create table saved_view (
  view_id integer generated always as identity primary key,
  user_id integer references app_user on delete set null,
  tenant_id integer references tenant on delete cascade,
  page text not null check (page <> ''),
  name text not null check (name <> ''),
  filter text not null default '',
  sort text check (sort <> ''),
  columns text[] check (cardinality(columns) > 0),
  density text check (density in ('compact', 'comfortable')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (user_id is not null or tenant_id is not null)
);
comment on table saved_view is 'a way to look at a list that somebody gave a name';
comment on column saved_view.user_id is 'whose it is; null: its owner is gone, and it is shared';
comment on column saved_view.tenant_id is 'with whom it is shared: whoever has a role there; null: with nobody';
comment on column saved_view.page is 'which list';
comment on column saved_view.filter is 'as the address of the page has it: severity=critical&is_kev=true';
comment on column saved_view.columns is 'which, and in which order; null: as the page has them';
create unique index saved_view_name_idx on saved_view (user_id, page, lower(name));
create index saved_view_tenant_idx on saved_view (tenant_id) where tenant_id is not null;

create table list_preference (
  user_id integer not null references app_user on delete cascade,
  page text not null check (page <> ''),
  filter text not null default '',
  sort text check (sort <> ''),
  columns text[] check (cardinality(columns) > 0),
  density text check (density in ('compact', 'comfortable')),
  default_view_id integer references saved_view on delete set null,
  updated_at timestamptz not null default now(),
  primary key (user_id, page)
);
comment on table list_preference is 'what a person last chose for a list, whichever browser they use';
comment on column list_preference.filter is 'as the address of the page has it';
comment on column list_preference.default_view_id is 'the view that the page opens with; null: as it was left';
create index list_preference_view_idx on list_preference (default_view_id) where default_view_id is not null;
