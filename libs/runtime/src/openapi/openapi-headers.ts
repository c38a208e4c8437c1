import type { OpenAPIObject } from '@nestjs/swagger';
import { type Operation, operationsOf } from './openapi-operations.js';

const text = { type: 'string' };

const headers = {
  'Consistency-Token': {
    description: 'Names the events of this write, if it has any. A later request that sends it sees their effects.',
    schema: text,
  },
  ETag: {
    description: 'Of this representation, for If-None-Match; if it begins with a version, also for If-Match.',
    schema: text,
  },
  Location: { description: 'The URL of the created resource.', schema: { type: 'string', format: 'uri-reference' } },
  RateLimit: {
    description:
      'Remaining requests of each rate limit that counted this one: `"name";r=requests;t=seconds`, separated by commas.',
    schema: text,
  },
  'RateLimit-Policy': {
    description: 'These rate limits: `"name";q=requests;w=seconds`, in the same order.',
    schema: text,
  },
  'Retry-After': { description: 'Seconds to wait before a retry.', schema: { type: 'integer' } },
  'WWW-Authenticate': { description: '`Bearer`, and the error if a token was sent.', schema: text },
  'X-Trace-Id': {
    description: 'The trace id of the request, which is also in the logs.',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  },
};

export type HeaderName = keyof typeof headers;

const parameters = {
  ConsistencyToken: {
    name: 'Consistency-Token',
    in: 'header' as const,
    description: 'Tokens of earlier responses, separated by commas: the request sees the effects of those writes.',
    schema: text,
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header' as const,
    description: 'ETags of responses that the client has: 304 if the current ETag is one of them.',
    schema: text,
  },
};

/** References to the shared headers, for the `headers` of a response. */
export function headerRefs(names: readonly HeaderName[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Adds the headers that all routes of the public API have, so that no route has to declare them. */
export function describeHeaders(document: OpenAPIObject): void {
  document.components = { ...document.components, headers, parameters };
  for (const { path, method, operation } of operationsOf(document))
    if (path.startsWith('/v1/')) describe(operation, method === 'get');
}

function describe(operation: Operation, reads: boolean): void {
  const { responses } = operation;
  const refs = [{ $ref: '#/components/parameters/ConsistencyToken' }];
  if (reads) {
    refs.push({ $ref: '#/components/parameters/IfNoneMatch' });
    responses['304'] = { description: 'Not modified' };
  }
  operation.parameters = [...(operation.parameters ?? []), ...refs];
  for (const [status, response] of Object.entries(responses)) {
    const added = headerRefs(generalHeaders(Number(status), reads));
    responses[status] = { description: '', ...response, headers: { ...headersOf(response), ...added } };
  }
}

function headersOf(response: Operation['responses'][string]): Record<string, object> {
  return response && 'headers' in response ? { ...response.headers } : {};
}

function generalHeaders(status: number, reads: boolean): HeaderName[] {
  const names: HeaderName[] = ['RateLimit', 'RateLimit-Policy', 'X-Trace-Id'];
  if (status < 400 && reads) names.push('ETag');
  if (status < 300 && !reads) names.push('Consistency-Token');
  if (status === 201) names.push('Location');
  if (status === 401) names.push('WWW-Authenticate');
  if (status === 429 || status === 503) names.push('Retry-After');
  return names.sort();
}
