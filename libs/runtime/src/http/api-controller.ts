import { applyDecorators, Controller, HttpCode, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AuthGuard } from '../auth/auth.guard.js';
import { refer } from '../openapi/openapi-headers.js';
import { ReadYourWritesGuard } from '../read-your-writes/read-your-writes.guard.js';
import type { ProblemDefinition } from '../problems/problem.js';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { UnexpectedBodyGuard } from '../validation/unexpected-body.guard.js';

/** A controller of the public API. The general rules hold for each of its routes because they are bound here, once. */
export function ApiController(tag: string): ClassDecorator {
  return applyDecorators(
    Controller('v1'),
    ApiTags(tag),
    ApiBearerAuth(),
    UseGuards(AuthGuard, UnexpectedBodyGuard, ReadYourWritesGuard),
  );
}

interface Answer {
  /** What the route does, in a few words. */
  readonly summary: string;
  readonly status: 200 | 201 | 202 | 204;
  /** Of `data`; none for 204. */
  readonly data?: z.ZodType;
  /** Of `meta`, for a list. */
  readonly meta?: z.ZodType;
  /** Whether it answers a `Versioned`. */
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
  errors: z.array(z.object({ path: z.string(), message: z.string(), code: z.string().optional() })).optional(),
});

const ofEveryRoute = [
  runtimeErrors.VALIDATION_FAILED,
  runtimeErrors.CONSISTENCY_TOKEN_INVALID,
  runtimeErrors.TOKEN_INVALID,
  runtimeErrors.SESSION_ENDED,
  runtimeErrors.RATE_LIMITED,
  runtimeErrors.UNAVAILABLE,
  runtimeErrors.OVERLOADED,
  runtimeErrors.NOT_CAUGHT_UP,
];

/** What a route answers: its status, the shape of its success, and the problems that are its own. */
export function Endpoint({ summary, status, data, meta, versioned = false, problems = [] }: Answer): MethodDecorator {
  const body = data && z.object({ data, ...(meta ? { meta } : {}) });
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary }),
    ApiResponse({
      status,
      description: descriptions[status],
      ...(body ? { standardSchema: body } : {}),
      ...(versioned ? { headers: refer(['ETag']) } : {}),
    }),
    Problems(...ofEveryRoute, ...problems),
  );
}

const descriptions = { 200: 'Done', 201: 'Created', 202: 'Accepted for later', 204: 'Done, nothing to say' };

export { ProblemSchema };
