import type { OpenAPIObject } from '@nestjs/swagger';

const methods = ['get', 'put', 'post', 'patch', 'delete'] as const;

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** All operations of a document, to be read and changed in place. */
export function operationsOf(document: OpenAPIObject): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => (item[method] ? [{ path, method, operation: item[method] }] : [])),
  );
}

/** Whether an operation can be called without a token: one of its alternative security requirements is empty. */
export function isOpen({ security }: Operation): boolean {
  return security?.some((way) => Object.keys(way).length === 0) ?? false;
}
