-- How many are overdue, and how many fell due on each day: with all that the key is made of, so that the index alone is read.
drop index if exists finding_since_idx;
create index finding_since_idx on finding (severity_rank(severity), coalesce(resurfaced_date, first_found), asset_id)
  include (severity, resurfaced_date, first_found) where state <> 'fixed' and ended_at is null;
