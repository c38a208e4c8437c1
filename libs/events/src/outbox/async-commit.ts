/**
 * A `with` query that lets the whole transaction around it commit without waiting for the disk. A server that is killed may
 * forget it, and nothing before it. For what only records that something need not be done again.
 */
export const ASYNC_COMMIT = `async_commit as materialized (select set_config('synchronous_commit', 'off', true))`;
