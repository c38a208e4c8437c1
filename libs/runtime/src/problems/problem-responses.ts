import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ProblemDefinition } from './problem.js';

/** Documents problems that a route may return. Several problems with one status are merged. */
export function Problems(...problems: readonly { readonly definition: ProblemDefinition }[]): MethodDecorator {
  const definitions = problems.map((problem) => problem.definition);
  const statuses = [...new Set(definitions.map((each) => each.status))];
  const responses = statuses.map((status) =>
    ApiResponse({ status, ...problemResponse(definitions.filter((each) => each.status === status)) }),
  );
  return applyDecorators(...responses);
}

/** The response that has one of these problems. */
export function problemResponse(problems: readonly ProblemDefinition[]) {
  return {
    description: describeProblems(problems),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** The description of a response that has one of these problems. */
export function describeProblems(problems: readonly ProblemDefinition[]): string {
  return problems.map(({ code, title }) => `\`${code}\`: ${title}`).join(' ');
}

/** The problems in the description of a response that `describeProblems` has written. */
export function problemsIn(status: number, description: string): ProblemDefinition[] {
  const named = description.matchAll(/`([A-Z_]+)`: (.*?)(?=\s*`[A-Z_]+`: |$)/gs);
  return Array.from(named, ([, code = '', title = '']) => ({ code, title, status }));
}
