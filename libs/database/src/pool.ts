import { isTracing } from '#telemetry';
import pg from 'pg';
import { recordConnectionEnd } from './errors.js';
import { tracedPool } from './telemetry/traced-pool.js';

const INT8 = 20;

/** Versions, sequences and counts stay far below 2^53, so bigint columns are read as numbers. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * A pool whose `search_path` begins with the service's own schema. `onError` is called when a connection breaks while
 * it is idle, or between two statements of a transaction; without an error listener, either would end the process.
 */
export function createPool(
  url: string,
  service: string,
  application: string,
  max: number,
  onError: (error: Error) => void,
  statementTimeout = '10s',
): pg.Pool {
  const Pool = isTracing() ? tracedPool(service) : pg.Pool;
  const pool = new Pool({
    connectionString: url,
    // UTC: Prisma writes and reads times without their offset. No JIT: no statement runs long enough to repay its compilation,
    // which takes up to a second and is decided by an estimate, such as that of a fan-out to as many followers as there may be.
    options: `-c search_path=${service},public -c timezone=UTC -c jit=off -c statement_timeout=${statementTimeout} -c idle_in_transaction_session_timeout=30s`,
    // Query timeout on the client side: a hanging server counts as unavailable. Longer than any statement_timeout.
    query_timeout: 65_000,
    application_name: `${application}-${service}`,
    max,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    types,
  });
  pool.on('error', () => undefined);
  pool.on('connect', (client) =>
    client.on('error', (error) => {
      recordConnectionEnd(client, error);
      onError(error);
    }),
  );
  return pool;
}
