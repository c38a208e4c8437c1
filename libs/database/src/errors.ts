import { DatabaseError } from 'pg';

const transientCodes = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock timeout
  '53300', // too many connections
  '57P01', // the server is shutting down
  '57P02',
  '57P03', // the server is starting
  '25006', // read only: a fail-over is under way
]);

/** System errors; and Prisma's: unreachable, timed out, closed, pool exhausted, write conflict. */
const transientSystemCodes = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2034',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Whether an error says nothing about the statement but only about the moment: connection lost, server away,
 * serialisation failure, deadlock, lock timeout. The same work may succeed if it is repeated.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error instanceof DatabaseError) return transientCodes.has(code) || code.startsWith('08');
  if (transientSystemCodes.has(code)) return true;
  if (
    /connection terminated|timeout exceeded when trying to connect|client (was closed|has encountered)|after calling end|not queryable/i.test(
      error.message,
    )
  )
    return true;
  return error.cause !== undefined && isTransient(error.cause);
}

/** Whether a statement was given up because it took too long. Said of the statement, so it counts as an attempt. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === '57014';
  return error instanceof Error && error.message === 'Query read timeout';
}

/** Whether a row broke a unique constraint, and (if given) the one of this name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

/** Whether a row names another that is not there, or is still named by another. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '23503' || error.code === '23001');
}

/** Whether Postgres refused a text that it cannot store, such as one with a NUL character. */
export function isUnstorableText(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '22021' || error.code === '22P05');
}
