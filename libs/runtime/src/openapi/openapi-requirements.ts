import type { OpenAPIObject } from '@nestjs/swagger';
import { describeProblems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { operationsOf } from './openapi-operations.js';

/** Documents what operations need: the answer without a token where one is needed, and bodies that may be left out. */
export function describeRequirements(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, { default?: unknown }>>;
  for (const { operation } of operationsOf(document)) {
    const { security, requestBody, responses } = operation;
    const isOptional = security?.some((each) => Object.keys(each).length === 0);
    const { 401: refused } = responses;
    if (!isOptional && refused && 'description' in refused)
      refused.description = `${describeProblems([runtimeErrors.UNAUTHENTICATED.definition])} ${refused.description}`;
    if (!requestBody || !('content' in requestBody)) continue;
    const { $ref = '' } = (requestBody.content['application/json']?.schema ?? {}) as { $ref?: string };
    if (schemas[$ref.split('/').at(-1) ?? '']?.default !== undefined) requestBody.required = false;
  }
}
