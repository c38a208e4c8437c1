import { hash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** An answer as everybody gets it who shows no access token. */
export interface Rendered {
  readonly json: string;
  readonly etag: string;
}

/** An answer that has a version, and so an ETag. */
export class Versioned {
  constructor(
    readonly body: unknown,
    /** Counts changes of the content: what If-Match compares. */
    readonly version: number,
    /** If it was rendered before; `body` is not looked at then. */
    readonly rendered?: Rendered,
  ) {}
}

/** `viewer` is the account that sees it; the ETag says so. */
export function render(body: unknown, version: number, viewer = ''): Rendered {
  const json = JSON.stringify(body);
  const digest = hash('sha256', `${viewer}\n${json}`, 'base64url').slice(0, 16);
  return { json, etag: `"${version}-${digest}"` };
}

/** Gives a Versioned answer its ETag, and answers 304 to whoever has it already. */
export function sendVersioned(
  { body, version, rendered }: Versioned,
  request: FastifyRequest,
  reply: FastifyReply,
): string | undefined {
  const { json, etag } = rendered ?? render(body, version, request.account?.id);
  reply.header('etag', etag);
  if ((request.method === 'GET' || request.method === 'HEAD') && namesIt(request.headers['if-none-match'], etag)) {
    reply.status(304);
    return undefined;
  }
  reply.header('content-type', 'application/json; charset=utf-8');
  return json;
}

/** Weak comparison (RFC 9110, 13.1.2). */
function namesIt(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || tagsOf(header).some((tag) => tag.replace(/^W\//, '') === etag);
}

function tagsOf(header: string): string[] {
  return header.match(/(W\/)?"[^"]*"/g) ?? [];
}

/** What a writer says that it has read. */
export interface Precondition {
  /** Throws PRECONDITION_FAILED if the caller has read another version than this one. Call it under the row lock. */
  assert(version: number): void;
}

/** The request's If-Match. Only the version counts, so that neither a stranger's like nor a gateway's suffix spoils an edit. */
export const IfMatch = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Precondition => {
    const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
    return { assert: (version) => assertMatch(header, version) };
  },
  [describeIfMatch],
);

function describeIfMatch(target: object, method: string | symbol = ''): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, method) ?? {};
  const description = 'An ETag that one has read: 412 if the content has changed since.';
  ApiHeader({ name: 'If-Match', required: false, description })(target, method, descriptor);
  Problems(runtimeErrors.PRECONDITION_FAILED)(target, method, descriptor);
}

function assertMatch(header: string | undefined, version: number): void {
  if (header === undefined || header.trim() === '*') return;
  const versions = tagsOf(header).map((tag) => /^(?:W\/)?"(\d+)-/.exec(tag)?.[1]);
  if (versions.includes(String(version))) return;
  throw runtimeErrors.PRECONDITION_FAILED(`It is at version ${version} now. Read it again, then decide.`);
}
