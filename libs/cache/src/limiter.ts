import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

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

/** Counts what each key has used of an allowance, in the memory of this process. */
export class Limiter {
  private readonly store: RateLimiterMemory;

  constructor(readonly allowance: Allowance) {
    this.store = new RateLimiterMemory({
      keyPrefix: allowance.name,
      points: allowance.points,
      duration: allowance.seconds,
    });
  }

  /** Uses one point of `key`. */
  async use(key: string): Promise<LimiterState> {
    try {
      return stateOf(true, await this.store.consume(key));
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return stateOf(false, refusal);
      throw refusal;
    }
  }
}

function stateOf(allowed: boolean, result: RateLimiterRes): LimiterState {
  const resetSeconds = Math.max(1, Math.ceil(result.msBeforeNext / 1_000));
  return { allowed, remaining: Math.max(0, result.remainingPoints), resetSeconds };
}
