import type { OpenAPIObject } from '@nestjs/swagger';
import { code, page, table } from './markdown.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

export function routesPage({ paths, tags = [] }: OpenAPIObject): string {
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method: method.toUpperCase(), operation }] : [];
    }),
  );
  const parts = tags.flatMap(({ name, description = '' }) => {
    const own = routes.filter(({ operation }) => operation.tags?.includes(name));
    const rows = own.map(({ path, method, operation }) => [
      code(`${method} ${path}`),
      operation.summary ?? '',
      isOpen(operation.security) ? 'public' : 'account',
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

/** Whether one of the alternative security requirements is empty. */
function isOpen(security: readonly object[] | undefined): boolean {
  return security?.some((way) => Object.keys(way).length === 0) ?? false;
}
