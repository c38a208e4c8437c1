import { v7 as uuidv7 } from 'uuid';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly tags?: readonly string[] }>>>>;
}

/** One request for each route of an OpenAPI document, and the service that owns the route. */
export function sampleRequests({ paths }: Document): { method: string; path: string; owner: string }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { tags }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, () => uuidv7()),
      owner: tags?.[0] ?? 'none',
    })),
  );
}
