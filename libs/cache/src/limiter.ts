import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisConnection } from './redis/redis-connection.js';

/** So many points in so many seconds, per key. */
export interface Allowance {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

export interface LimiterState {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Whole seconds until the allowance is full again, at least 1. */
  readonly resetSeconds: number;
}

/** While nobody counts for all processes, each allows this share by itself. */
const SHARE_ALONE = 1 / 4;

/**
 * Counts what each key has used of an allowance: in Redis for all processes, or in the memory of this one. While Redis is
 * away each process counts for itself, and allows less.
 */
export class Limiter {
  private readonly alone: RateLimiterMemory;
  private readonly together: RateLimiterRedis | undefined;

  constructor(
    readonly allowance: Allowance,
    private readonly redis?: RedisConnection,
  ) {
    const { name: keyPrefix, points, seconds: duration } = allowance;
    const share = redis ? Math.ceil(points * SHARE_ALONE) : points;
    this.alone = new RateLimiterMemory({ keyPrefix, points: share, duration });
    this.together =
      redis &&
      new RateLimiterRedis({
        storeClient: redis.client,
        keyPrefix: `${redis.namespace}limit:${keyPrefix}`,
        points,
        duration,
      });
  }

  /** Uses one point of `key`. */
  use(key: string): Promise<LimiterState> {
    return this.ask((limiter) => consume(limiter, key));
  }

  /** What is left for `key`, of which nothing is used. */
  look(key: string): Promise<LimiterState> {
    return this.ask(async (limiter) => {
      const known = await limiter.get(key);
      const { points, seconds } = this.allowance;
      if (known === null) return { allowed: true, remaining: points, resetSeconds: seconds };
      return stateOf(known.remainingPoints > 0, known);
    });
  }

  private async ask(question: (limiter: AnyLimiter) => Promise<LimiterState>): Promise<LimiterState> {
    if (!this.together || !this.redis?.answers) return question(this.alone);
    try {
      return await this.redis.within(question(this.together));
    } catch {
      return question(this.alone);
    }
  }
}

type AnyLimiter = RateLimiterMemory | RateLimiterRedis;

async function consume(limiter: AnyLimiter, key: string): Promise<LimiterState> {
  try {
    return stateOf(true, await limiter.consume(key));
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return stateOf(false, refusal);
    throw refusal;
  }
}

function stateOf(allowed: boolean, result: RateLimiterRes): LimiterState {
  const resetSeconds = Math.max(1, Math.ceil(result.msBeforeNext / 1_000));
  return { allowed, remaining: Math.max(0, result.remainingPoints), resetSeconds };
}
