import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { UserError } from '#database';
import type { Redis, RedisOptions } from 'ioredis';

/** A cache that answers later than the database would is none. */
const PATIENCE_MS = 250;
/** A connection that has not answered for so long is given up for another. */
const LONGEST_MS = 2_000;
const LOOK_MS = 50;

/** The one that rate-limiter-flexible defines. */
const LIMITER_SCRIPT = 'rlflxIncr';

const options: RedisOptions = {
  // While it is away every command fails at once: whoever asks does without, and nothing piles up.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: 2_000,
  // Who is left is not waited for.
  disconnectTimeout: 0,
  // What is asked at the same time goes to the server at once: that saves a busy process a quarter of its work.
  enableAutoPipelining: true,
  // A script that is defined after such a batch has begun is unknown to it, and every answer behind it would be another's.
  autoPipeliningIgnoredCommands: [LIMITER_SCRIPT],
  retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  lazyConnect: true,
};

/** A command on its way. `refuse` tells who waits for it that it is late. */
interface Asked {
  /** The number of the last look before it. */
  readonly after: number;
  readonly refuse: (error: Error) => void;
}

/** A connection that comes back by itself. Says once that Redis is away, and once that it is back. */
export class RedisConnection {
  private readonly logger = new Logger('redis');
  private away = false;
  /**
   * Which run of the server this connection leads to. A server that starts again with data of before, or a replica that is
   * promoted, is another run: it may hold what was removed from the one before.
   */
  run: string | undefined;
  /** In the order of their times. */
  private readonly asked = new Set<Asked>();
  private looks = 0;
  private watch: NodeJS.Timeout | undefined;

  private constructor(
    readonly client: Redis,
    readonly namespace: string,
  ) {
    client.on('error', (error) => this.lost(error));
    client.on('ready', () => void this.identify());
    client.on('close', () => (this.run = undefined));
    client.on('connect', () => this.expectReady());
  }

  /** Returns once it is connected, or has found out that it cannot be for now. */
  static async to(url: string, namespace: string, caFile?: string): Promise<RedisConnection> {
    // Loaded by who needs it.
    const { Redis } = await import('ioredis');
    const connection = new RedisConnection(new Redis(url, { ...options, ...securityOf(caFile) }), namespace);
    await connection.client.connect().catch(() => undefined);
    await connection.identify();
    return connection;
  }

  get answers(): boolean {
    return this.client.status === 'ready' && !this.away && this.run !== undefined;
  }

  /**
   * The answer to a command, if it comes soon; throws otherwise, and takes Redis for away. Time in which this process was
   * busy with something else does not count, and whatever waits in the socket by then is read first.
   */
  within<T>(command: Promise<T>): Promise<T> {
    return new Promise((done, refuse) => {
      const asked = { after: this.looks, refuse };
      this.asked.add(asked);
      this.watch ??= setInterval(() => this.look(), LOOK_MS).unref();
      command.then(
        (answer) => {
          this.asked.delete(asked);
          done(answer);
        },
        (error: Error) => {
          this.asked.delete(asked);
          if (!isRefusal(error)) this.lost(error);
          refuse(error);
        },
      );
    });
  }

  /** Another connection to the same server, for what needs one to itself. */
  async duplicate(): Promise<RedisConnection> {
    const twin = new RedisConnection(this.client.duplicate(), this.namespace);
    await twin.client.connect().catch(() => undefined);
    return twin;
  }

  close(): void {
    this.client.disconnect();
  }

  /** One timer for all: commands are many, and hardly one is late. However long a process was busy, that is one look. */
  private look(): void {
    const number = ++this.looks;
    setImmediate(() => setImmediate(() => this.giveUp(number)));
    if (this.asked.size > 0) return;
    clearInterval(this.watch);
    this.watch = undefined;
  }

  private giveUp(look: number): void {
    for (const { after, refuse } of this.asked) {
      const waited = (look - after - 1) * LOOK_MS;
      if (waited < PATIENCE_MS) return;
      const error = new Error(`no answer within ${PATIENCE_MS} ms`);
      refuse(error);
      this.lost(error);
      // Its commands end with it.
      if (waited >= LONGEST_MS) return this.client.disconnect(true);
    }
  }

  /** A server that takes connections and says nothing may be the end of one that was cut. */
  private expectReady(): void {
    setTimeout(() => {
      if (this.client.status === 'connect') this.client.disconnect(true);
    }, LONGEST_MS).unref();
  }

  /** Until it is known who answers, nobody is believed. */
  private async identify(): Promise<void> {
    if (this.client.status !== 'ready') return;
    try {
      const info = await this.within(this.client.info('server'));
      this.run = /^run_id:(\w+)/m.exec(info)?.[1] ?? UNKNOWN;
      this.found();
    } catch (error) {
      // A user that may not ask: then copies do not survive a connection.
      if (isForbidden(error)) this.run = UNKNOWN + randomUUID();
      else this.askAgain();
    }
  }

  private lost(error: unknown): void {
    if (this.away) return;
    this.away = true;
    this.logger.warn(`Redis does not answer: ${(error as Error).message}; everything goes on without it, only slower`);
    this.probe();
  }

  private found(): void {
    if (!this.away) return;
    this.away = false;
    this.logger.log('Redis answers again');
  }

  /** A connection that was made while the server was slow is of use all the same. */
  private askAgain(): void {
    setTimeout(() => {
      if (this.run === undefined) void this.identify();
    }, PATIENCE_MS).unref();
  }

  private probe(): void {
    setTimeout(() => {
      if (!this.away || this.client.status === 'end') return;
      void this.within(this.client.ping()).then(
        () => (this.run === undefined ? this.identify() : this.found()),
        () => this.probe(),
      );
    }, PATIENCE_MS).unref();
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

/** A server that is full answers. */
function isRefusal(error: unknown): boolean {
  return /^(OOM|READONLY|MISCONF|LOADING|NOSCRIPT|NOPERM)/.test((error as Error).message);
}
