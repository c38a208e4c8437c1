import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { type Cause, resumeCause } from '#events';
import type { AccessControl } from '../access/access-control.js';
import { AccessTokens } from '../auth/access-tokens.js';
import { bearerOf } from '../auth/auth.guard.js';
import type { CurrentAccount } from '../auth/current-account.js';
import { RateLimits } from '../http/rate-limits.js';
import { hasTag, type Rendered } from '../http/versioned.js';
import { ProcessLog } from '../logging/logger.js';
import { logRequest } from '../logging/request-line.js';
import { measureResponse } from '../metrics/http-metrics.js';
import type { Problem } from '../problems/problem.js';
import { problemOf } from '../problems/problem.filter.js';
import { Lifecycle } from '../process/lifecycle.js';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '../settings/settings.js';
import { TrustedProxies } from '../settings/trusted-proxies.js';
import { recordProblem, type RequestSpan, startRequestSpan } from '../tracing/request-spans.js';
import { causeOf, traceIdIn } from '../tracing/trace.js';
import { answerFirst } from './answer-first.js';
import { commonHeaders, keepAliveHint, sendRawProblem } from './raw-response.js';

/** A route that anybody may read, whose responses are cached. */
export interface CachedRead {
  /** Its template, with one parameter, at the end: `/v1/posts/:id`. */
  readonly route: string;
  /** The service that owns it. */
  readonly service: string;
  readonly access: AccessControl;
  /** The response if it is cached. For an account only if nothing needs to be looked up for it either. */
  find(parameter: string, account: CurrentAccount | undefined): Promise<Rendered | undefined>;
}

/** What the pipeline continues of a request that was not answered here. */
export interface Entered {
  readonly cause: Cause;
  readonly traced: RequestSpan | undefined;
}

interface Candidate {
  readonly read: CachedRead;
  readonly parameter: string;
}

/**
 * Answers reads from the cache before Fastify and Nest see the request: their routing, hooks, guards and reply take most of the
 * time of such a request. Only a plain one is answered here, and only if everything that it needs is in the cache; any other
 * goes on, and is refused there if it must be. So each rule has one place that decides it, and
 * what this class does itself is what every response has: trace, headers, rate limits, ETag, log line and metric.
 */
@Injectable()
export class CachedReads {
  private readonly reads = new Map<string, CachedRead>();
  private readonly entered = new WeakMap<IncomingMessage, Entered>();
  private readonly keepAlive: string | undefined;
  private name = '';

  constructor(
    private readonly tokens: AccessTokens,
    private readonly limits: RateLimits,
    private readonly lifecycle: Lifecycle,
    private readonly log: ProcessLog,
    private readonly proxies: TrustedProxies,
    @Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings,
  ) {
    this.keepAlive = keepAliveHint(settings);
  }

  add(read: CachedRead): void {
    this.reads.set(read.route.slice(0, read.route.indexOf(':')), read);
  }

  /** What has begun with a request that goes on. */
  enteredAs(request: IncomingMessage): Entered | undefined {
    return this.entered.get(request);
  }

  /** `name` is that of the process. */
  observe(server: Server, name: string): void {
    this.name = name;
    answerFirst(server, (goOn) => (request, response) => {
      const candidate = this.candidateOf(request);
      if (!candidate) return goOn(request, response);
      this.answer(candidate, request, response).then(
        (isAnswered) => {
          if (!isAnswered) goOn(request, response);
        },
        (error: unknown) => {
          // Logs it.
          problemOf(error);
          response.destroy();
        },
      );
    });
  }

  /** The read that a plain request asks for. A path can be written in several ways; only the usual one is looked up. */
  private candidateOf({ method, url = '', headers }: IncomingMessage): Candidate | undefined {
    if (method !== 'GET' || headers.host === undefined) return undefined;
    const start = url.lastIndexOf('/') + 1;
    const read = this.reads.get(url.slice(0, start));
    if (!read || special.some((name) => name in headers)) return undefined;
    const parameter = url.slice(start);
    return PLAIN.test(parameter) ? { read, parameter } : undefined;
  }

  /** False if it was not answered. */
  private async answer(candidate: Candidate, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const startedAt = performance.now();
    const { read } = candidate;
    const traced = startRequestSpan(request, response, read, this.proxies);
    const cause = causeOf(request.headers['traceparent'], traced);
    return resumeCause(cause, async () => {
      const found = await this.find(candidate, request.headers);
      if (!found) {
        this.entered.set(request, { cause, traced });
        return false;
      }
      // 'close' is emitted in any case, when the response was sent or the client has disconnected.
      response.once('close', () => this.report(read, response, startedAt, found.account, cause));
      await this.send(found, request, response, { cause, traced });
      return true;
    });
  }

  private report(
    { route, service }: CachedRead,
    { statusCode: status }: ServerResponse,
    startedAt: number,
    account: CurrentAccount | undefined,
    { traceparent }: Cause,
  ): void {
    const ms = performance.now() - startedAt;
    const answered = { method: 'GET', route, service, status, ms, account: account?.id, traceparent };
    logRequest(this.log, answered);
    measureResponse(answered);
  }

  private async find({ read, parameter }: Candidate, headers: IncomingHttpHeaders): Promise<Found | undefined> {
    const { authorization } = headers;
    const found = (rendered: Rendered | undefined, account?: CurrentAccount) =>
      rendered && { path: read.route, rendered, account };
    try {
      if (authorization === undefined) return found(await read.find(parameter, undefined));
      // A token is verified where the request goes on, which costs more than all else here: after its address was counted.
      const token = this.tokens.verified(bearerOf(authorization) ?? '');
      const account = token && (await read.access.check(token));
      return account && found(await read.find(parameter, account), account);
    } catch {
      // What is wrong will be found again, and answered, where the request goes on.
      return undefined;
    }
  }

  private async send(
    { path, rendered, account }: Found,
    request: IncomingMessage,
    response: ServerResponse,
    { cause, traced }: Entered,
  ): Promise<void> {
    const headers = commonHeaders(request, path, this.name, traceIdIn(cause.traceparent), this.settings.CORS_ORIGINS);
    const problem = await this.count(request, account, headers);
    // As in the pipeline: a kept-alive connection would keep a process that stops running.
    if (this.lifecycle.draining) headers['connection'] = 'close';
    else if (this.keepAlive && response.shouldKeepAlive) headers['keep-alive'] = this.keepAlive;
    if (problem) {
      recordProblem(traced?.span, problem.definition.code, problem.definition.status);
      return sendRawProblem(problem, request, response, headers);
    }
    headers['etag'] = rendered.etag;
    if (hasTag(request.headers, rendered.etag)) return void response.writeHead(304, headers).end();
    headers['content-type'] = 'application/json; charset=utf-8';
    headers['content-length'] = String(Buffer.byteLength(rendered.json));
    response.writeHead(200, headers).end(rendered.json);
  }

  /** Adds what is left of the rate limits to the headers. Returns why the request is refused. */
  private async count(
    request: IncomingMessage,
    account: CurrentAccount | undefined,
    headers: Record<string, string>,
  ): Promise<Problem | undefined> {
    const reply = {
      getHeader: (name: string) => headers[name],
      header: (name: string, value: string) => (headers[name] = value),
    };
    try {
      await this.limits.countAddress(this.proxies.addressOf(request), reply);
      if (account) await this.limits.countAccount(account.id, reply);
      return undefined;
    } catch (error) {
      return problemOf(error);
    }
  }
}

interface Found {
  /** Of the route. */
  readonly path: string;
  readonly rendered: Rendered;
  readonly account: CurrentAccount | undefined;
}

/** Headers of requests that need more than a look into the cache, or are refused. */
const special = ['consistency-token', 'content-length', 'transfer-encoding', 'expect'];
const PLAIN = /^[a-z0-9_-]{1,200}$/;
