-- A file of many machines is applied a few hundred of them at a time, each by the name that the source knows it by. Without an
-- index each time looks at all machines of the file, so that twice the file took four times as long.
create index file_import_host_known_idx on file_import_host (import_id, known_as);
