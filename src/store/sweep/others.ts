/**
 * Whether a row was written by another run since this one began: a targeted run beside it may have read what came to the
 * source after this run's export was made, and what this run could not meet is not missing.
 * @param alias of the table, which has `run_id` and `changed_at`; `$1` is this run
 */
export const writtenByOthers = (alias: string) =>
  `(${alias}.run_id <> $1 and ${alias}.changed_at > coalesce((select r.started_at from run r where r.run_id = $1), 'infinity'))`
