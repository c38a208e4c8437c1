import { Injectable } from '@nestjs/common';
import { type Allowance, Limiter } from './limiter.js';
import type { RedisConnection } from './redis/redis-connection.js';

/** One limiter per allowance name, shared by all callers. */
@Injectable()
export class Limiters {
  private readonly known = new Map<string, Limiter>();

  constructor(private readonly redis?: RedisConnection) {}

  of(allowance: Allowance): Limiter {
    const known = this.known.get(allowance.name);
    if (known) return known;
    const limiter = new Limiter(allowance, this.redis);
    this.known.set(allowance.name, limiter);
    return limiter;
  }
}
