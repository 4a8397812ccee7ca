-- How complete and how fresh is what a source tells, field by field and day by day?

create table data_quality_day (
  source_id integer not null,
  day date not null,
  subject text not null check (subject in ('asset', 'finding')),
  field text not null,
  row_count bigint not null,
  filled_count bigint not null,
  newest_at timestamptz,
  mean_age_seconds double precision,
  run_id bigint,
  measured_at timestamptz not null default now(),
  primary key (source_id, day, subject, field)
);
comment on table data_quality_day is 'of one source, day (UTC) and field: how many rows have it, and how fresh those are; the last look of the day';
comment on column data_quality_day.row_count is 'live assets, or open findings of them';
comment on column data_quality_day.newest_at is 'when the source saw one of those with the field last';
comment on column data_quality_day.mean_age_seconds is 'how long ago, at the look, it had seen them on average';
