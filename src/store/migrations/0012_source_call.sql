-- What reading a source costs: its calls, hour by hour.

create table source_call (
  source_id integer not null references source on delete cascade,
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
  primary key (source_id, hour)
);
comment on table source_call is 'calls to a source in an hour, counted by every engine; kept for 90 days';
comment on column source_call.failed is 'without an answer, or answered with an error';
comment on column source_call.refused is 'answered with 429: too many requests';
comment on column source_call.timed is 'calls whose time is the source''s own; those that carry rows wait for us too';
comment on column source_call.slow is 'of the timed ones, those over five seconds';
