-- What files of another product keep of days of the past: its totals as it made them, and of which days it had the whole
-- picture. They go with their import: read while it is applied, gone when it is taken back.

create table file_import_total (
  import_id bigint not null references file_import on delete cascade,
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
  primary key (import_id, day, vendor)
);
comment on table file_import_total is
  'totals of one day as another product made them; never added to daily_total, whose rules they do not keep';
comment on column file_import_total.vendor is 'whose they are by that product''s rules; empty for all';
create index file_import_total_day_idx on file_import_total (day);

create table file_import_snapshot (
  import_id bigint not null references file_import on delete cascade,
  day date not null,
  row_count bigint not null,
  finding_count bigint not null,
  primary key (import_id, day)
);
comment on table file_import_snapshot is 'a day of which a file has the whole picture';
