import { levels } from '#telemetry';
import type { Database } from '../database.js';

const connections = levels('twofold_db_connections', 'Connections of the pool for requests, in use and idle.', [
  'service',
  'state',
]);
const waiting = levels('twofold_db_waiting', 'Statements and transactions that wait for a connection.', ['service']);

/** Returns what ends the measurement. */
export function measurePool({ service, pool }: Database): () => void {
  const removals = [
    connections.addSource(() => [
      { labels: { service, state: 'idle' }, value: pool.idleCount },
      { labels: { service, state: 'used' }, value: pool.totalCount - pool.idleCount },
    ]),
    waiting.addSource(() => [{ labels: { service }, value: pool.waitingCount }]),
  ];
  return () => removals.forEach((remove) => remove());
}
