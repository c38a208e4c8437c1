import { applyDecorators, Controller, HttpCode, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AuthGuard } from '../auth/auth.guard.js';
import { headerRefs } from '../openapi/openapi-headers.js';
import { cursorMeta, pageMeta } from './lists.js';
import { ReadYourWritesGuard } from '../read-your-writes/read-your-writes.guard.js';
import { fieldErrorCodes, type ProblemDefinition } from '../problems/problem.js';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { UnexpectedInputGuard } from '../validation/unexpected-input.guard.js';

/**
 * A controller of the public API, at /v1/`path`. Binds the guards that apply to each of its routes. `path` is '' if its
 * routes have no prefix in common.
 */
export function ApiController(tag: string, path: string = tag): ClassDecorator {
  return applyDecorators(
    Controller(path === '' ? 'v1' : `v1/${path}`),
    ApiTags(tag),
    ApiBearerAuth(),
    UseGuards(AuthGuard, UnexpectedInputGuard, ReadYourWritesGuard),
  );
}

interface Options {
  /** What the route does, in a few words. */
  readonly summary: string;
  /** What a client must know besides: order, defaults, effects on others. Markdown. */
  readonly description: string;
  /** What each parameter of the path is. */
  readonly params?: Readonly<Record<string, string>>;
  /** The id in the OpenAPI document, which clients are generated from, if it is not controller.method. */
  readonly operationId?: string;
  readonly status: 200 | 201 | 202 | 204;
  /** Schema of `data`; none for 204. */
  readonly data?: z.ZodType;
  /** Schema of `meta`, for a list. */
  readonly meta?: z.ZodType;
  /** Whether the route returns a `Versioned`, which is sent with an ETag. */
  readonly versioned?: boolean;
  readonly problems?: readonly { readonly definition: ProblemDefinition }[];
}

const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  traceId: z.string(),
  errors: z
    .array(
      z.object({
        in: z.enum(['body', 'query', 'header', 'path']),
        path: z.string().describe('In a body a JSON Pointer, empty for the whole; elsewhere / and the name.'),
        code: z.string().describe(`One of ${fieldErrorCodes.join(', ')}; there may be more later.`),
        message: z.string().describe('A sentence for people.'),
      }),
    )
    .optional(),
});

const commonProblems = [
  runtimeErrors.VALIDATION_FAILED,
  runtimeErrors.MALFORMED_REQUEST,
  runtimeErrors.CONSISTENCY_TOKEN_INVALID,
  runtimeErrors.TOKEN_INVALID,
  runtimeErrors.SESSION_ENDED,
  runtimeErrors.RATE_LIMITED,
  runtimeErrors.INTERNAL,
  runtimeErrors.UNAVAILABLE,
  runtimeErrors.OVERLOADED,
  runtimeErrors.NOT_CAUGHT_UP,
  runtimeErrors.KEYS_UNAVAILABLE,
];

/** Sets the success status of a route, and documents its summary, response schema and specific problems. */
export function Endpoint(options: Options): MethodDecorator {
  const {
    summary,
    description,
    operationId,
    params = {},
    status,
    data,
    meta,
    versioned = false,
    problems = [],
  } = options;
  const body = data && bodyOf(data, meta);
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary, description, ...(operationId ? { operationId } : {}) }),
    ...Object.entries(params).map(([name, text]) => ApiParam({ name, description: text })),
    ApiResponse({
      status,
      description: descriptions[status],
      ...(body ? { standardSchema: body } : {}),
      ...(versioned ? { headers: headerRefs(['ETag']) } : {}),
    }),
    Problems(...commonProblems, ...problems),
  );
}

/** The schema of a response, with a name if that of its items has one. */
function bodyOf(data: z.ZodType, meta: z.ZodType | undefined): z.ZodType {
  const item = data instanceof z.ZodArray ? (data.element as z.ZodType).meta()?.id : undefined;
  const body = z.object({ data, ...(meta ? { meta } : {}) });
  const id = data.meta()?.id;
  if (id) return body.meta({ id: `${id}Response` });
  return item ? body.meta({ id: `${item}${kindOf(meta)}` }) : body;
}

/** Lists of the same items differ in how they are paged. */
function kindOf(meta: z.ZodType | undefined): string {
  if (meta === pageMeta) return 'Pages';
  return meta === cursorMeta ? 'Cursors' : 'List';
}

const descriptions = { 200: 'Done', 201: 'Created', 202: 'Accepted for later', 204: 'Done, no content' };

export { ProblemSchema };
