import { createHash } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { Database } from '#database';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { finalizeResponse } from '../http/finalize-response.js';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

interface StoredResponse {
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Scope {
  readonly account: string;
  readonly method: string;
  /** The template, such as /v1/posts/:id/publish. */
  readonly route: string;
  readonly key: string;
}

const STORED_HEADERS = ['location', 'etag', 'vary', 'content-type', 'consistency-token'];

/** The route accepts an Idempotency-Key. Responses are stored: not for a route whose response contains secrets. */
export const Idempotent = () =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'A retry with the same key gets the first response again, for 24 hours.',
      schema: { type: 'string', pattern: '^[ -~]{1,512}$' },
    }),
    Problems(
      runtimeErrors.IDEMPOTENCY_KEY_INVALID,
      runtimeErrors.IDEMPOTENCY_KEY_IN_FLIGHT,
      runtimeErrors.IDEMPOTENCY_KEY_REUSED,
    ),
  );

/**
 * Makes a POST with an Idempotency-Key safe to retry. The response is stored in the transaction of the effect: after a
 * crash either both are there or neither, and no lock remains. Everything the handler does joins this unit of work.
 */
@Injectable()
class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly database: Database) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined || !request.account) return next.handle();
    const route = request.routeOptions.url ?? '';
    const scope = { account: request.account.id, method: request.method, route, key: validKey(key) };
    return from(this.runOnce(scope, request, http.getResponse<FastifyReply>(), next));
  }

  private runOnce(scope: Scope, request: FastifyRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const fingerprint = fingerprintOf(request);
    return this.database.transaction(async () => {
      await this.lock(scope);
      const stored = await this.find(scope);
      if (stored) return replay(stored, fingerprint, reply);
      const result = finalizeResponse(await lastValueFrom(next.handle(), { defaultValue: undefined }), request, reply);
      await this.store(scope, fingerprint, reply, result);
      return result;
    });
  }

  /** Takes a lock that is released when the transaction commits or rolls back. */
  private async lock(scope: Scope): Promise<void> {
    const name = [scope.account, scope.method, scope.route, scope.key].join('\n');
    const [row] = await this.database.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked',
      [name],
    );
    if (row?.locked) return;
    throw runtimeErrors.IDEMPOTENCY_KEY_IN_FLIGHT(undefined, { headers: { 'retry-after': '1' } });
  }

  private async find({ account, method, route, key }: Scope): Promise<StoredResponse | undefined> {
    const [stored] = await this.database.query<StoredResponse>(
      `select fingerprint, status, headers, body from idempotency_keys
       where account_id = $1 and method = $2 and route = $3 and key = $4 and created_at > now() - interval '24 hours'`,
      [account, method, route, key],
    );
    return stored;
  }

  private async store(scope: Scope, fingerprint: string, reply: FastifyReply, result: unknown): Promise<void> {
    const { account, method, route, key } = scope;
    const headers = Object.fromEntries(
      STORED_HEADERS.flatMap((name) => {
        const value = reply.getHeader(name);
        return value === undefined ? [] : [[name, String(value)]];
      }),
    );
    const body = typeof result === 'string' ? result : JSON.stringify(result ?? null);
    await this.database.query(
      `insert into idempotency_keys (account_id, method, route, key, fingerprint, status, headers, body)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (account_id, method, route, key) do update set fingerprint = excluded.fingerprint,
         status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = now()`,
      [account, method, route, key, fingerprint, reply.statusCode, JSON.stringify(headers), body],
    );
  }
}

function replay(stored: StoredResponse, fingerprint: string, reply: FastifyReply): string {
  if (stored.fingerprint !== fingerprint)
    throw runtimeErrors.IDEMPOTENCY_KEY_REUSED('Use a new key for a new request.');
  reply.status(stored.status).headers({
    'content-type': 'application/json; charset=utf-8',
    ...stored.headers,
    'idempotency-replayed': 'true',
  });
  return stored.body;
}

/** A key without quotes and a string of RFC 8941 are the same key. */
function validKey(header: string | string[]): string {
  const quoted =
    typeof header === 'string' ? /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/.exec(header)?.[1] : undefined;
  const key = quoted?.replaceAll(/\\(.)/g, '$1');
  if (key !== undefined && key.length <= 255) return key;
  if (typeof header === 'string' && /^[\x21\x23-\x7e][\x21-\x7e]{0,254}$/.test(header)) return header;
  throw runtimeErrors.IDEMPOTENCY_KEY_INVALID(
    'The key must be 1 to 255 visible ASCII characters, such as a UUID, or the same in quotes.',
  );
}

/** Hash of the concrete path and the body: /posts/1/publish and /posts/2/publish with the same key are two requests. */
function fingerprintOf(request: FastifyRequest): string {
  return createHash('sha256')
    .update(`${request.url}\n`)
    .update(request.rawBody ?? '')
    .digest('hex');
}
