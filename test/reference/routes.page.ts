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
      isOpen(operation.security) ? 'anybody' : 'account',
      Object.keys(operation.responses)
        .filter((status) => !['400', '429', '503'].includes(status))
        .join(', '),
    ]);
    return [`## ${name}`, description, table(['route', 'does', 'who', 'answers'], rows)];
  });
  return page(
    'Routes',
    'Every route of the public API, who may use it, and what it answers.',
    'The whole of it, with schemas and headers, is what the platform serves at `/openapi.json` and shows at `/docs`. Besides what is listed, every route may answer 400, 429 and 503.',
    ...parts,
  );
}

/** One of the ways to be let in asks for nothing. */
function isOpen(security: readonly object[] | undefined): boolean {
  return security?.some((way) => Object.keys(way).length === 0) ?? false;
}
