import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { UserError } from '#database';
import type { Redis, RedisOptions } from 'ioredis';
import { traceCommand } from './command-spans.js';

/** Command timeout: a cache that responds later than the database would is of no use. */
const TIMEOUT_MS = 250;
/** A connection that has not responded for this long is replaced. */
const RECONNECT_AFTER_MS = 2_000;
const CHECK_MS = 50;

/** The Lua script that rate-limiter-flexible defines as a command. */
const LIMITER_SCRIPT = 'rlflxIncr';

const options: RedisOptions = {
  // While Redis is unavailable every command fails at once: callers continue without it, and no backlog builds up.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: 2_000,
  // Disconnecting does not wait for the server.
  disconnectTimeout: 0,
  // Concurrent commands are sent as one pipeline: that saves a busy process a quarter of its work.
  enableAutoPipelining: true,
  // A script that is defined after a pipeline was started is unknown to that pipeline, and every later reply would be
  // assigned to the wrong command.
  autoPipeliningIgnoredCommands: [LIMITER_SCRIPT],
  retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  lazyConnect: true,
};

/** A command without a reply yet. `reject` reports a timeout to its caller. */
interface PendingCommand {
  /** The number of the last timeout check before the command was sent. */
  readonly after: number;
  readonly reject: (error: Error) => void;
}

/** A connection that reconnects by itself. Logs once when Redis becomes unavailable, and once when it is back. */
export class RedisConnection {
  private readonly logger = new Logger('redis');
  private isUnavailable = false;
  /**
   * The run id of the server. A server that restarts with saved data, and a replica that is promoted, have another run
   * id: they may hold entries that were removed from the previous server.
   */
  run: string | undefined;
  /** In the order in which they were sent. */
  private readonly inFlight = new Set<PendingCommand>();
  private checks = 0;
  private watch: NodeJS.Timeout | undefined;

  private constructor(
    readonly client: Redis,
    readonly namespace: string,
  ) {
    client.on('error', (error) => this.markUnavailable(error));
    client.on('ready', () => void this.identify());
    client.on('close', () => (this.run = undefined));
    client.on('connect', () => this.reconnectUnlessReady());
  }

  /** Resolves when the connection is open, or when the first attempt to open it has failed. */
  static async to(url: string, namespace: string, caFile?: string): Promise<RedisConnection> {
    // Loaded only if Redis is used.
    const { Redis } = (await import('ioredis')).default;
    const connection = new RedisConnection(new Redis(url, { ...options, ...securityOf(caFile) }), namespace);
    await connection.client.connect().catch(() => undefined);
    await connection.identify();
    return connection;
  }

  get answers(): boolean {
    return this.client.status === 'ready' && !this.isUnavailable && this.run !== undefined;
  }

  /**
   * The reply to a command; `name` is that of its span. Rejects after TIMEOUT_MS, and Redis then counts as unavailable. Time in which the event
   * loop of this process was blocked does not count, and replies that wait in the socket are read first.
   */
  withTimeout<T>(name: string, command: Promise<T>): Promise<T> {
    const reply = this.replyTo(command);
    traceCommand(name, reply);
    return reply;
  }

  private replyTo<T>(command: Promise<T>): Promise<T> {
    return new Promise((done, reject) => {
      const entry = { after: this.checks, reject };
      this.inFlight.add(entry);
      this.watch ??= setInterval(() => this.checkTimeouts(), CHECK_MS).unref();
      command.then(
        (answer) => {
          this.inFlight.delete(entry);
          done(answer);
        },
        (error: Error) => {
          this.inFlight.delete(entry);
          if (!isRefusal(error)) this.markUnavailable(error);
          reject(error);
        },
      );
    });
  }

  /** Another connection to the same server, for uses that cannot share one. */
  async duplicate(): Promise<RedisConnection> {
    const duplicate = new RedisConnection(this.client.duplicate(), this.namespace);
    await duplicate.client.connect().catch(() => undefined);
    return duplicate;
  }

  close(): void {
    this.client.disconnect();
  }

  /** One timer for all commands, as few of many time out. However long the event loop was blocked, it is one check. */
  private checkTimeouts(): void {
    const number = ++this.checks;
    setImmediate(() => setImmediate(() => this.rejectOverdue(number)));
    if (this.inFlight.size > 0) return;
    clearInterval(this.watch);
    this.watch = undefined;
  }

  private rejectOverdue(current: number): void {
    for (const { after, reject } of this.inFlight) {
      const waited = (current - after - 1) * CHECK_MS;
      if (waited < TIMEOUT_MS) return;
      const error = new Error(`command timed out after ${TIMEOUT_MS} ms`);
      reject(error);
      this.markUnavailable(error);
      // This also rejects its pending commands.
      if (waited >= RECONNECT_AFTER_MS) return this.client.disconnect(true);
    }
  }

  /** A server that accepts the connection but does not respond may be one end of a connection that was cut. */
  private reconnectUnlessReady(): void {
    setTimeout(() => {
      if (this.client.status === 'connect') this.client.disconnect(true);
    }, RECONNECT_AFTER_MS).unref();
  }

  /** Reads the run id of the server. Until it is known, Redis counts as unavailable. */
  private async identify(): Promise<void> {
    if (this.client.status !== 'ready') return;
    try {
      const info = await this.withTimeout('INFO', this.client.info('server'));
      this.run = /^run_id:(\w+)/m.exec(info)?.[1] ?? UNKNOWN;
      this.markAvailable();
    } catch (error) {
      // This Redis user may not run INFO: with a random run id, cache entries are not reused after a reconnect.
      if (isForbidden(error)) this.run = UNKNOWN + randomUUID();
      else this.retryIdentify();
    }
  }

  private markUnavailable(error: unknown): void {
    if (this.isUnavailable) return;
    this.isUnavailable = true;
    this.logger.warn(`Redis does not answer: ${(error as Error).message}; continuing without it, more slowly`);
    this.probe();
  }

  private markAvailable(): void {
    if (!this.isUnavailable) return;
    this.isUnavailable = false;
    this.logger.log('Redis answers again');
  }

  /** Retries on the same connection: it is usable even if the server was slow when it was opened. */
  private retryIdentify(): void {
    setTimeout(() => {
      if (this.run === undefined) void this.identify();
    }, TIMEOUT_MS).unref();
  }

  private probe(): void {
    setTimeout(() => {
      if (!this.isUnavailable || this.client.status === 'end') return;
      void this.withTimeout('PING', this.client.ping()).then(
        () => (this.run === undefined ? this.identify() : this.markAvailable()),
        () => this.probe(),
      );
    }, TIMEOUT_MS).unref();
  }
}

function securityOf(caFile: string | undefined): Pick<RedisOptions, 'tls'> {
  if (caFile === undefined) return {};
  try {
    return { tls: { ca: readFileSync(caFile) } };
  } catch (error) {
    throw new UserError(`REDIS_CA_FILE cannot be read: ${(error as Error).message}.`);
  }
}

const UNKNOWN = 'unknown';

function isForbidden(error: unknown): boolean {
  return (error as Error).message.startsWith('NOPERM');
}

/** An error reply, such as that of a full server: Redis is available. */
function isRefusal(error: unknown): boolean {
  return /^(OOM|READONLY|MISCONF|LOADING|NOSCRIPT|NOPERM)/.test((error as Error).message);
}
