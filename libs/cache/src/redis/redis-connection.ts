import { Logger } from '@nestjs/common';
import type { Redis, RedisOptions } from 'ioredis';

/** A cache that answers later than the database would is none. */
const PATIENCE_MS = 250;
const LOOK_MS = 50;

const options: RedisOptions = {
  // While it is away every command fails at once: whoever asks does without, and nothing piles up.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: 2_000,
  // A connection that has not answered for so long is given up for another; its commands end with it.
  socketTimeout: 2_000,
  // What is asked at the same time goes to the server at once.
  enableAutoPipelining: true,
  retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  lazyConnect: true,
};

/** A command on its way. `refuse` tells who waits for it that it is late. */
interface Asked {
  readonly at: number;
  readonly refuse: (error: Error) => void;
}

/** A connection that comes back by itself. Says once that Redis is away, and once that it is back. */
export class RedisConnection {
  private readonly logger = new Logger('redis');
  private away = false;
  /** In the order of their times. */
  private readonly asked = new Set<Asked>();
  private watch: NodeJS.Timeout | undefined;

  private constructor(
    readonly client: Redis,
    readonly namespace: string,
  ) {
    client.on('error', (error) => this.lost(error));
    client.on('ready', () => this.found());
  }

  /** Returns once it is connected, or has found out that it cannot be for now. */
  static async to(url: string, namespace: string): Promise<RedisConnection> {
    // Loaded by who needs it.
    const { Redis } = await import('ioredis');
    const connection = new RedisConnection(new Redis(url, options), namespace);
    await connection.client.connect().catch(() => undefined);
    return connection;
  }

  get answers(): boolean {
    return this.client.status === 'ready' && !this.away;
  }

  /**
   * The answer to a command, if it comes soon; throws otherwise, and takes Redis for away. An answer that has come while
   * this process was busy with something else is not late: whatever waits in the socket is read first.
   */
  within<T>(command: Promise<T>): Promise<T> {
    return new Promise((done, refuse) => {
      const asked = { at: performance.now(), refuse };
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

  /** One timer for all: commands are many, and hardly one is late. */
  private look(): void {
    const now = performance.now();
    setImmediate(() => setImmediate(() => this.giveUp(now)));
    if (this.asked.size > 0) return;
    clearInterval(this.watch);
    this.watch = undefined;
  }

  private giveUp(now: number): void {
    for (const { at, refuse } of this.asked) {
      if (now - at < PATIENCE_MS) return;
      const error = new Error(`no answer within ${PATIENCE_MS} ms`);
      refuse(error);
      this.lost(error);
    }
  }

  /** A server that hangs keeps its connections. */
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

  private probe(): void {
    setTimeout(() => {
      if (!this.away || this.client.status === 'end') return;
      void this.within(this.client.ping()).then(
        () => this.found(),
        () => this.probe(),
      );
    }, PATIENCE_MS).unref();
  }
}

/** A server that is full answers. */
function isRefusal(error: unknown): boolean {
  return /^(OOM|READONLY|MISCONF|LOADING|NOSCRIPT)/.test((error as Error).message);
}
