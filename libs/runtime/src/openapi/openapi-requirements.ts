import type { OpenAPIObject } from '@nestjs/swagger';
import { describeProblems, problemResponse } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { isOpen, operationsOf } from './openapi-operations.js';

/**
 * Documents what operations need: the answers without a token where one is needed and to a body that is not accepted,
 * which bodies may be left out, and that a change is a merge patch.
 */
export function describeRequirements(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, { default?: unknown }>>;
  for (const { method, operation } of operationsOf(document)) {
    const { requestBody, responses } = operation;
    const { 401: refused } = responses;
    if (!isOpen(operation) && refused && 'description' in refused)
      refused.description = `${describeProblems([runtimeErrors.UNAUTHENTICATED.definition])} ${refused.description}`;
    if (!requestBody || !('content' in requestBody)) continue;
    for (const { definition } of [runtimeErrors.BODY_TOO_LARGE, runtimeErrors.UNSUPPORTED_MEDIA_TYPE])
      responses[definition.status] = problemResponse([definition]);
    const { $ref = '' } = (requestBody.content['application/json']?.schema ?? {}) as { $ref?: string };
    const { 'application/json': json } = requestBody.content;
    if (method === 'patch' && json) requestBody.content['application/merge-patch+json'] = json;
    if (schemas[$ref.split('/').at(-1) ?? '']?.default !== undefined) requestBody.required = false;
  }
}
