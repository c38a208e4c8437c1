/**
 * A `with` query that lets the whole transaction around it commit without waiting for the disk. A crash of the server
 * may lose this transaction, but none before it. Only for writes that record that something need not be done again.
 */
export const ASYNC_COMMIT = `async_commit as materialized (select set_config('synchronous_commit', 'off', true))`;
