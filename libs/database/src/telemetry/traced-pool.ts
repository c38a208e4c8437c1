import { context, type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { failSpan, tracerOf } from '#telemetry';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import { type QuerySummary, summaryOf } from './query-summary.js';

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (end?: unknown) => void,
) => void;

/**
 * The classes of a pool whose statements, and waits for a connection, have spans. Only work that belongs to a recorded
 * trace has them: polls and other background work find no current span.
 */
export function tracedPool(service: string): typeof pg.Pool {
  const Client = tracedClient(service);

  return class TracedPool extends pg.Pool {
    constructor(config: pg.PoolConfig) {
      super({ ...config, Client });
    }

    override connect(): Promise<pg.PoolClient>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.PoolClient> | void {
      const parent = context.active();
      // A waiting caller is called back by the one that releases the connection, in the context of that one.
      const bound = callback && context.bind(parent, callback);
      if (!isRecorded(parent)) return bound ? super.connect(bound) : super.connect();
      const startTime = this.idleCount > 0 ? undefined : Date.now();
      const waited = (error?: unknown) => {
        if (startTime === undefined) return;
        const span = tracerOf(service).startSpan('wait for a connection', { startTime }, parent);
        if (error) failSpan(span, error);
        span.end();
      };
      if (!bound) {
        const connected = super.connect();
        connected.then(() => waited(), waited);
        return connected;
      }
      super.connect((error, client, release) => {
        waited(error);
        bound(error, client, release);
      });
    }
  };
}

type Query = (this: pg.Client, ...parameters: unknown[]) => unknown;
type Callback = (error: Error | null | undefined, result?: unknown) => void;

/** The seam of every statement: those of `Database`, of Prisma, and of transactions. */
function tracedClient(service: string): typeof pg.Client {
  class TracedClient extends pg.Client {}
  const query = pg.Client.prototype.query as Query;
  const tracedQuery: Query = function (this: pg.Client, ...parameters) {
    const text = textOf(parameters[0]);
    if (text === undefined || !isRecorded(context.active())) return query.apply(this, parameters);
    const span = startStatement(service, this.database ?? service, text);
    const callback = parameters.at(-1);
    if (typeof callback !== 'function') {
      const result = query.apply(this, parameters) as Promise<unknown>;
      result.then(
        () => span.end(),
        (error: unknown) => endFailed(span, error),
      );
      return result;
    }
    const ended: Callback = (error, result) => {
      if (error) endFailed(span, error);
      else span.end();
      (callback as Callback)(error, result);
    };
    return query.apply(this, [...parameters.slice(0, -1), ended]);
  };
  Object.assign(TracedClient.prototype, { query: tracedQuery });
  return TracedClient;
}

function isRecorded(current: Context): boolean {
  return trace.getSpan(current)?.isRecording() ?? false;
}

/** Undefined for what is no statement with a text, such as the stream of a COPY. */
function textOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query;
  const text = query && typeof query === 'object' && 'text' in query ? query.text : undefined;
  return typeof text === 'string' && !(query as { submit?: unknown }).submit ? text : undefined;
}

const summaries = new LRUCache<string, QuerySummary>({ max: 1_000 });

function startStatement(service: string, database: string, text: string): Span {
  const known = summaries.get(text);
  const summary = known ?? summaryOf(text);
  if (!known) summaries.set(text, summary);
  const { operation, table } = summary;
  const name = table ? `${operation} ${table}` : operation;
  return tracerOf(service).startSpan(name, {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': `${database}|${service}`,
      'db.operation.name': operation,
      ...(table ? { 'db.collection.name': table } : {}),
      'db.query.summary': name,
      'db.query.text': text,
    },
  });
}

function endFailed(span: Span, error: unknown): void {
  failSpan(span, error);
  if (error instanceof pg.DatabaseError && error.code) span.setAttribute('db.response.status_code', error.code);
  span.end();
}
