import type { PoolClient } from 'pg';
import { DatabaseError } from 'pg';

/** By class and by code (PostgreSQL, appendix A): what these say is true of the moment, not of the statement. */
const transientClasses = new Set([
  '08', // connection exception
  '40', // serialization failure, deadlock
  '53', // disk full, out of memory, too many connections
]);
/** Of these classes, what a statement brings upon itself. */
const ownFaults = new Set([
  '08P01', // it does not fit the protocol: a parameter too many
  '53400', // it needs more than is configured
]);
const transientCodes = new Set([
  '25006', // read-only: a failover is under way
  '55P03', // lock timeout
  '57P01', // the server is shutting down
  '57P02', // it has crashed
  '57P03', // it is starting
  '57P04', // the database was dropped, as in a restore
  '58030', // I/O error
]);

/** Errors of the connections of a `Database` that say nothing of the statement. */
const transientErrors = new WeakSet<object>();
/** Errors of a transaction that was ended because nothing came for too long. */
const idleErrors = new WeakSet<object>();
/** What ended a connection while nothing ran on it. */
const endedBy = new WeakMap<PoolClient, Error>();

/** A transaction in which something had failed was not committed; `cause` is the first failure, if it is known. */
export class TransactionRolledBack extends Error {
  constructor(cause?: unknown) {
    super('The transaction was rolled back: something in it had failed.', { cause });
  }
}

/**
 * Whether an error says nothing about the statement but only about the moment: connection lost, server away or full,
 * serialisation failure, deadlock, lock timeout. The same work may succeed if it is repeated. True of errors of a
 * `Database` only, and of what names one as its cause: what a handler meets elsewhere looks the same and is not.
 */
export function isTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (transientErrors.has(error)) return true;
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  return error instanceof Error && error.cause !== undefined && isTransient(error.cause);
}

/** Unreachable, timed out, closed, pool exhausted, write conflict. */
const transientPrismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2034']);

/** Whether a request failed because the database cannot answer at the moment; Prisma's reads included. */
export function isUnavailable(error: unknown): boolean {
  if (isTransient(error)) return true;
  if (typeof error === 'object' && error !== null && idleErrors.has(error)) return true;
  if (!(error instanceof Error) || !error.name.startsWith('PrismaClient')) return false;
  return transientPrismaCodes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Runs `work` on a connection of ours, `client` if that is known: `isTransient` then knows the error that it gave. */
export async function noting<T>(work: () => Promise<T>, client?: PoolClient): Promise<T> {
  try {
    return await work();
  } catch (error) {
    noteOwnError(error, client);
    throw error;
  }
}

function noteOwnError(error: unknown, client?: PoolClient): void {
  if (typeof error !== 'object' || error === null) return;
  const reason = (client && endedBy.get(client)) ?? error;
  if (isOfTheMoment(reason)) transientErrors.add(error);
  else if (reason instanceof DatabaseError && reason.code === '25P03') idleErrors.add(error);
}

/** Whether a connection of ours gave this error as it ended, or did not answer: it cannot even roll back. */
export function isConnectionLost(error: unknown): error is Error {
  return error instanceof Error && transientErrors.has(error) && !(error instanceof DatabaseError);
}

/** Remembers why a connection ended between two statements. */
export function noteEnd(client: PoolClient, error: Error): void {
  if (!endedBy.has(client)) endedBy.set(client, error);
}

/** What is no answer of the server is the end of a connection; but a value that cannot be sent is a fault of its sender. */
function isOfTheMoment(error: object): boolean {
  if (error instanceof DatabaseError) {
    const { code = '' } = error;
    return (transientClasses.has(code.slice(0, 2)) && !ownFaults.has(code)) || transientCodes.has(code);
  }
  return !(error instanceof TypeError || error instanceof RangeError);
}

/** Whether a statement was given up because it took too long. Said of the statement, so it counts as an attempt. */
export function isTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '57014';
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
