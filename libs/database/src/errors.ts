import type { PoolClient } from 'pg';
import { DatabaseError } from 'pg';

/** SQLSTATE classes and codes (PostgreSQL, appendix A) of transient errors, which the statement did not cause. */
const transientClasses = new Set([
  '08', // connection exception
  '40', // serialization failure, deadlock
  '53', // disk full, out of memory, too many connections
]);
/** Codes of these classes that the statement itself causes. */
const statementErrorCodes = new Set([
  '08P01', // protocol violation: one parameter too many
  '53400', // configuration limit exceeded
]);
const transientCodes = new Set([
  '25006', // read-only: a failover is in progress
  '55P03', // lock timeout
  '57P01', // the server is shutting down
  '57P02', // the server has crashed
  '57P03', // the server is starting
  '57P04', // the database was dropped, as in a restore
  '58030', // I/O error
]);

/** Transient errors of the connections of a `Database`. */
const transientErrors = new WeakSet<object>();
/** Errors of a transaction that was ended by idle_in_transaction_session_timeout. */
const idleTimeoutErrors = new WeakSet<object>();
/** The error that ended a connection while no statement ran on it. */
const endReasons = new WeakMap<PoolClient, Error>();

/** A transaction was not committed, because a part of it had failed; `cause` is the first failure, if it is known. */
export class TransactionRolledBack extends Error {
  constructor(cause?: unknown) {
    super('The transaction was rolled back: a part of it had failed.', { cause });
  }
}

/**
 * Whether an error is transient, so that a retry of the same work may succeed: connection lost, server unavailable or
 * full, serialisation failure, deadlock, lock timeout. True only for errors of a `Database` and errors that have one as
 * their cause: an error of a handler's other connections may look the same but is not transient.
 */
export function isTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (transientErrors.has(error)) return true;
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  return error instanceof Error && error.cause !== undefined && isTransient(error.cause);
}

/** Unreachable, timed out, closed, pool exhausted, write conflict. */
const transientPrismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2034']);

/** Whether a request failed because the database is currently unavailable; includes reads through Prisma. */
export function isUnavailable(error: unknown): boolean {
  if (isTransient(error)) return true;
  if (typeof error === 'object' && error !== null && idleTimeoutErrors.has(error)) return true;
  if (!(error instanceof Error)) return false;
  const { code = '', meta, clientVersion } = error as PrismaError;
  // An error of the pool that has no code, such as a timeout of its own, gets Prisma's version and nothing else.
  if (!error.name.startsWith('PrismaClient')) return clientVersion !== undefined;
  const { originalCode = '' } = meta?.driverAdapterError?.cause ?? {};
  return transientPrismaCodes.has(code) || isTransientCode(originalCode) || originalCode === STATEMENT_TIMEOUT;
}

/** An error of Prisma's client, with what Postgres answered, if it did. */
interface PrismaError extends Error {
  readonly code?: string;
  readonly clientVersion?: string;
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: { readonly originalCode?: string } } };
}

const STATEMENT_TIMEOUT = '57014';

/** Runs `work` and records its error as one of our connections (of `client`, if known), for `isTransient`. */
export async function trackErrors<T>(work: () => Promise<T>, client?: PoolClient): Promise<T> {
  try {
    return await work();
  } catch (error) {
    recordOwnError(error, client);
    throw error;
  }
}

function recordOwnError(error: unknown, client?: PoolClient): void {
  if (typeof error !== 'object' || error === null) return;
  const reason = (client && endReasons.get(client)) ?? error;
  if (isTransientReason(reason)) transientErrors.add(error);
  else if (reason instanceof DatabaseError && reason.code === '25P03') idleTimeoutErrors.add(error);
}

/** Whether one of our connections ended with this error or did not respond, so that ROLLBACK cannot be sent on it. */
export function isConnectionLost(error: unknown): error is Error {
  return error instanceof Error && transientErrors.has(error) && !(error instanceof DatabaseError);
}

/** Records why a connection ended between two statements. */
export function recordConnectionEnd(client: PoolClient, error: Error): void {
  if (!endReasons.has(client)) endReasons.set(client, error);
}

/** An error that is not from the server means a lost connection, unless a value could not be serialised (TypeError or RangeError). */
function isTransientReason(error: object): boolean {
  if (error instanceof DatabaseError) return isTransientCode(error.code ?? '');
  return !(error instanceof TypeError || error instanceof RangeError);
}

function isTransientCode(code: string): boolean {
  return (transientClasses.has(code.slice(0, 2)) && !statementErrorCodes.has(code)) || transientCodes.has(code);
}

/** Whether a statement was cancelled by its timeout. That is an error of the statement, so it counts as an attempt. */
export function isTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === STATEMENT_TIMEOUT;
}

/** Whether a row violated a unique constraint: any, or (if given) the one of this name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

/** Whether a row references a row that does not exist, or is still referenced by another. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '23503' || error.code === '23001');
}

/** Whether Postgres refused a text that it cannot store, such as one with a NUL character. */
export function isUnstorableText(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '22021' || error.code === '22P05');
}
