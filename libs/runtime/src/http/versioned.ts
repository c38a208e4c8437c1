import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { invalid } from '../validation/validation.js';

/** A response body as an anonymous caller gets it, serialized, with its ETag. */
export interface Rendered {
  readonly json: string;
  readonly etag: string;
}

/** A response body that has a version, and so an ETag. */
export class Versioned {
  constructor(
    readonly body: unknown,
    /** Counts changes of the content; If-Match compares it. */
    readonly version: number,
    /** The body if it was serialized before; then `body` is not used. */
    readonly rendered?: Rendered,
  ) {}

  /** The response for one entity. */
  static of(data: { readonly version: number }): Versioned {
    return new Versioned({ data }, data.version);
  }
}

/** Serializes a body and computes its ETag, which depends on the `viewer`: the id of the account that sees it. */
export function render(body: unknown, version: number, viewer = ''): Rendered {
  return withETag(JSON.stringify(body), version, viewer);
}

/** As `render`, of a body that is serialized already. */
export function withETag(json: string, version: number, viewer: string): Rendered {
  return { json, etag: `"${version}-${digestOf(`${viewer}\n${json}`)}"` };
}

/** Sets the ETag of a `Versioned` and returns its JSON, or answers 304 if If-None-Match contains the ETag. */
export function sendVersioned(
  { body, version, rendered }: Versioned,
  request: FastifyRequest,
  reply: FastifyReply,
): string | undefined {
  return sendRendered(rendered ?? render(body, version, request.account?.id), request, reply);
}

/** As `sendVersioned`, for what has no version, such as a list: its ETag is of its bytes. */
export function sendWithDigest(body: object, request: FastifyRequest, reply: FastifyReply): string | undefined {
  const json = JSON.stringify(body);
  return sendRendered({ json, etag: `"${digestOf(json)}"` }, request, reply);
}

function sendRendered({ json, etag }: Rendered, request: FastifyRequest, reply: FastifyReply): string | undefined {
  reply.header('etag', etag);
  if (isSafe(request) && hasTag(request.headers, etag)) {
    reply.status(304);
    return undefined;
  }
  reply.header('content-type', 'application/json; charset=utf-8');
  return json;
}

export function isSafe({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 16);
}

/** Whether If-None-Match contains the ETag: then the caller has the response. Weak comparison (RFC 9110, 13.1.2). */
export function hasTag({ 'if-none-match': header }: IncomingHttpHeaders, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || tagsOf(header).some((tag) => tag.replace(/^W\//, '') === etag);
}

function tagsOf(header: string): string[] {
  return header.match(/(W\/)?"[^"]*"/g) ?? [];
}

/** The versions that the caller of a write has read. */
export interface Precondition {
  /** Throws PRECONDITION_FAILED if the caller has read another version. Call it while holding the row lock. */
  assert(version: number): void;
}

/**
 * The request's If-Match. Only the version is compared, so that an edit does not fail because of another user's like or
 * a suffix that a gateway has added to the ETag.
 */
export const IfMatch = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Precondition => {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const [match, noneMatch] = [versionsIn(headers, 'if-match'), versionsIn(headers, 'if-none-match')];
    return {
      assert: (version) => {
        if (match?.has(version) !== false && !noneMatch?.has(version)) return;
        throw runtimeErrors.PRECONDITION_FAILED(
          `The current version is ${version}. Read it again before you change it.`,
        );
      },
    };
  },
  [describeIfMatch],
);

function describeIfMatch(target: object, method: string | symbol = ''): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, method) ?? {};
  const description = 'An ETag from an earlier response: 412 if the content has changed since.';
  ApiHeader({ name: 'If-Match', required: false, description })(target, method, descriptor);
  Problems(runtimeErrors.PRECONDITION_FAILED)(target, method, descriptor);
}

/** `*`, or tags between commas; empty elements count as none (RFC 9110, 5.6.1). */
function isTagList(header: string): boolean {
  if (header.trim() === '*') return true;
  const elements = header.replaceAll(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g, '\0').split(',');
  const given = elements.map((each) => each.trim()).filter((each) => each !== '');
  return given.length > 0 && given.every((each) => each === '\0');
}

/** The versions that a header names, all of them for `*`; undefined without the header. Throws VALIDATION_FAILED. */
function versionsIn(
  headers: FastifyRequest['headers'],
  name: 'if-match' | 'if-none-match',
): { has(version: number): boolean } | undefined {
  const header = headers[name];
  if (header === undefined) return undefined;
  if (!isTagList(header))
    throw invalid([
      { in: 'header', path: `/${name}`, code: 'invalid', message: 'must be * or ETags, such as "1-abc"' },
    ]);
  if (header.trim() === '*') return { has: () => true };
  return new Set(tagsOf(header).map((tag) => Number(/^(?:W\/)?"(\d+)-/.exec(tag)?.[1])));
}
