import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisConnection } from './redis/redis-connection.js';

/** A rate limit: each key may consume `points` per `seconds`. */
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

/** The share of an allowance that each process grants by itself while Redis is unavailable. */
const LOCAL_SHARE = 1 / 4;

/**
 * Counts what each key has used of an allowance: in Redis for all processes, or in memory for this one. While Redis is
 * unavailable, each process counts separately and allows less.
 */
export class Limiter {
  private readonly local: RateLimiterMemory;
  private readonly shared: RateLimiterRedis | undefined;

  constructor(
    readonly allowance: Allowance,
    private readonly redis?: RedisConnection,
  ) {
    const { name: keyPrefix, points, seconds: duration } = allowance;
    const share = redis ? Math.ceil(points * LOCAL_SHARE) : points;
    this.local = new RateLimiterMemory({ keyPrefix, points: share, duration });
    this.shared =
      redis &&
      new RateLimiterRedis({
        storeClient: redis.client,
        keyPrefix: `${redis.namespace}limit:${keyPrefix}`,
        points,
        duration,
      });
  }

  /** Consumes one point of `key`. */
  use(key: string): Promise<LimiterState> {
    return this.execute((limiter) => consume(limiter, key));
  }

  /** The state of `key`, without consuming a point. */
  peek(key: string): Promise<LimiterState> {
    return this.execute(async (limiter) => {
      const known = await limiter.get(key);
      const { points, seconds } = this.allowance;
      if (known === null) return { allowed: true, remaining: points, resetSeconds: seconds };
      return stateOf(known.remainingPoints > 0, known);
    });
  }

  private async execute(operation: (limiter: AnyLimiter) => Promise<LimiterState>): Promise<LimiterState> {
    if (!this.shared || !this.redis?.answers) return operation(this.local);
    try {
      return await this.redis.withTimeout(`limit ${this.allowance.name}`, operation(this.shared));
    } catch {
      return operation(this.local);
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
