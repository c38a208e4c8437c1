import type { OpenAPIObject } from '@nestjs/swagger';
import { Problem, problemBody } from '../problems/problem.js';
import { problemsIn } from '../problems/problem-responses.js';
import { operationsOf } from './openapi-operations.js';
import { sampleOf } from './openapi-samples.js';

type Schemas = Parameters<typeof sampleOf>[1];
type Media = Record<string, { schema?: object; example?: unknown; examples?: Record<string, object> }>;

/** Adds an example to every body: of a request and a success made from its schema, of an error one for each code. */
export function describeExamples(document: OpenAPIObject): void {
  const schemas: Schemas = document.components?.schemas;
  const problems: Record<string, { summary: string; value: object }> = {};
  for (const { operation } of operationsOf(document)) {
    const { requestBody, responses } = operation;
    if (requestBody && 'content' in requestBody) exemplify(requestBody.content, schemas);
    for (const [status, response] of Object.entries(responses)) {
      if (!response || !('content' in response) || !response.content) continue;
      const content: Media = response.content;
      const problem = content['application/problem+json'];
      if (!problem) exemplify(content, schemas);
      else {
        const codes = problemsIn(Number(status), response.description ?? '');
        for (const { code, title } of codes)
          problems[code] ??= { summary: title, value: problemExample({ code, title, status: Number(status) }) };
        problem.examples = Object.fromEntries(
          codes.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }]),
        );
      }
    }
  }
  document.components = { ...document.components, examples: problems };
}

function exemplify(content: Media, schemas: Schemas): void {
  for (const media of Object.values(content)) media.example = sampleOf(media.schema ?? {}, schemas);
}

function problemExample(definition: { code: string; title: string; status: number }): object {
  const errors =
    definition.code === 'VALIDATION_FAILED'
      ? [{ in: 'body' as const, path: '/title', code: 'required' as const, message: 'is required' }]
      : undefined;
  const problem = new Problem(definition, definition.title, errors ? { errors } : {});
  return problemBody(problem, '/v1/posts', '4bf92f3577b34da6a3ce929d0e0e4736');
}
