// Rows of this very transaction: another may have begun in the same microsecond.
export const isFresh = (alias: string) => `(${alias}.recorded_at = now() and ${alias}.xmin = pg_current_xact_id()::xid)`

/** Everything as it is now, and without this transaction as it was before. */
export const versions = '(values (1), (-1)) as v (sign)'
