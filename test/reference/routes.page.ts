import type { OpenAPIObject } from '@nestjs/swagger';
import { isOpen, operationsOf } from '#runtime';
import { code, page, table } from './markdown.js';

export function routesPage(document: OpenAPIObject): string {
  const routes = operationsOf(document);
  const { tags = [] } = document;
  const parts = tags.flatMap(({ name, description = '' }) => {
    const own = routes.filter(({ operation }) => operation.tags?.includes(name));
    const rows = own.map(({ path, method, operation }) => [
      code(`${method.toUpperCase()} ${path}`),
      operation.summary ?? '',
      isOpen(operation) ? 'public' : 'account',
      Object.keys(operation.responses)
        .filter((status) => !['400', '413', '415', '429', '500', '503'].includes(status))
        .join(', '),
    ]);
    return [`## ${name}`, description, table(['route', 'summary', 'access', 'status codes'], rows)];
  });
  return page(
    'Routes',
    'Every route of the public API, with the access that it needs and its status codes.',
    'The complete document, with schemas and headers, is served at `/openapi.json` and shown at `/docs`. ' +
      'Besides the listed status codes, every route may return 400, 429, 500 and 503, and one that takes a body 413 and 415.',
    ...parts,
  );
}
