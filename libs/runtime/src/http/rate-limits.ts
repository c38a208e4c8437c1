import { Inject, Injectable } from '@nestjs/common';
import { type Allowance, type LimiterState, Limiters } from '#cache';
import { rateLimited } from '../metrics/http-metrics.js';
import type { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '../settings/settings.js';

/** Where the headers of a response are collected: Fastify's reply is one. */
export interface ResponseHeaders {
  getHeader(name: string): string | number | string[] | undefined;
  header(name: string, value: string): unknown;
}

/** Counts requests per client address, and per account where one is known. */
@Injectable()
export class RateLimits {
  constructor(
    private readonly limiters: Limiters,
    @Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings,
  ) {
    this.announce('address', 'account');
  }

  /** Begins to count the refusals of limits, at 0. */
  announce(...names: readonly string[]): void {
    for (const limit of names) rateLimited.add({ limit }, 0);
  }

  async countAddress(address: string, reply: ResponseHeaders): Promise<void> {
    await this.count({ name: 'address', points: this.settings.RATE_LIMIT_PER_MINUTE, seconds: 60 }, address, reply);
  }

  async countAccount(accountId: string, reply: ResponseHeaders): Promise<void> {
    await this.count({ name: 'account', points: this.settings.RATE_LIMIT_PER_MINUTE, seconds: 60 }, accountId, reply);
  }

  /** Throws RATE_LIMITED if the allowance is used up. The headers describe each allowance that counted the request, in order. */
  async count(allowance: Allowance, key: string, reply: ResponseHeaders): Promise<void> {
    if (this.settings.RATE_LIMIT === 'off') return;
    const state = await this.limiters.of(allowance).use(key);
    setRateLimitHeaders(allowance, state, reply);
    if (!state.allowed) throw refusal(allowance, state);
  }

  /** Throws RATE_LIMITED if the allowance is used up. Does not use a point of it. */
  async assertLeft(allowance: Allowance, key: string, reply: ResponseHeaders): Promise<void> {
    if (this.settings.RATE_LIMIT === 'off') return;
    const state = await this.limiters.of(allowance).peek(key);
    if (state.allowed) return;
    setRateLimitHeaders(allowance, state, reply);
    throw refusal(allowance, state);
  }

  /** Uses one point of an allowance; never throws RATE_LIMITED. */
  async note(allowance: Allowance, key: string): Promise<void> {
    if (this.settings.RATE_LIMIT === 'on') await this.limiters.of(allowance).use(key);
  }
}

function refusal(allowance: Allowance, state: LimiterState): Problem {
  rateLimited.add({ limit: allowance.name });
  return runtimeErrors.RATE_LIMITED(
    `At most ${allowance.points} such requests in ${allowance.seconds} s; try again in ${state.resetSeconds} s.`,
    { headers: { 'retry-after': String(state.resetSeconds) } },
  );
}

/** Header fields of draft-ietf-httpapi-ratelimit-headers. */
function setRateLimitHeaders(
  { name, points, seconds }: Allowance,
  { remaining, resetSeconds }: LimiterState,
  reply: ResponseHeaders,
): void {
  addMember(reply, 'ratelimit-policy', `"${name}";q=${points};w=${seconds}`);
  addMember(reply, 'ratelimit', `"${name}";r=${remaining};t=${resetSeconds}`);
}

/** To a list of RFC 9651. */
function addMember(reply: ResponseHeaders, header: string, member: string): void {
  const before = reply.getHeader(header);
  reply.header(header, before === undefined ? member : `${String(before)}, ${member}`);
}
