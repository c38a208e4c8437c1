import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ProblemDefinition } from './problem.js';

/** Documents problems that a route may return. Several problems with one status are merged. */
export function Problems(...problems: readonly { readonly definition: ProblemDefinition }[]): MethodDecorator {
  const definitions = problems.map((problem) => problem.definition);
  const statuses = [...new Set(definitions.map((each) => each.status))];
  const responses = statuses.map((status) => {
    const codes = definitions.filter((each) => each.status === status).map((each) => `\`${each.code}\`: ${each.title}`);
    return ApiResponse({
      status,
      description: codes.join(' '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  });
  return applyDecorators(...responses);
}
