-- From when a delta must ask: how late a source shows what a scan found, and how its clock stands to ours.

alter table source add column indexing_delay_seconds integer check (indexing_delay_seconds >= 0);
comment on column source.indexing_delay_seconds is
  'within so long after its scan nearly every finding was indexed, as the rows tell; null while too few have told';

alter table run add column clock_offset_ms bigint;
comment on column run.clock_offset_ms is 'the source''s clock minus ours as the run began; null when the source told no time';

alter table run_stream add column overlap_seconds integer;
comment on column run_stream.overlap_seconds is 'how far since lies before the watermark it starts from; null for everything';

alter table export_chunk add column indexing_delays integer[];
comment on column export_chunk.indexing_delays is
  'findings by whole hours from scan to index, the first element within one hour; null when no row told';

alter table export_job add column attempt integer not null default 1;
comment on column export_job.attempt is 'which asking of the same window this is; counted over the processes that held the run';
