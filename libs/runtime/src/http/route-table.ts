import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** All routes of the process, to distinguish a wrong method (405) from an unknown path (404). */
@Injectable()
export class RouteTable {
  private readonly methods = new Map<string, Set<string>>();

  observe(server: FastifyInstance): void {
    server.addHook('onRoute', ({ url, method }) => {
      const known = this.methods.get(url) ?? new Set<string>();
      for (const each of [method].flat()) known.add(each);
      this.methods.set(url, known);
    });
  }

  /** 405 if the path is literally that of a route, but the method only of one with a parameter in its place. */
  problemOfShadowed(request: FastifyRequest): Problem | undefined {
    const { url: pattern = '' } = request.routeOptions;
    if (!pattern.includes(':')) return undefined;
    const path = pathOf(request.url);
    return path !== pattern && this.methods.has(path) ? this.problemOfUnmatched(request) : undefined;
  }

  /** 405 with the methods of this path, or 404. */
  problemOfUnmatched({ method, url }: FastifyRequest): Problem {
    const path = pathOf(url);
    const segments = segmentsOf(path);
    const literal = this.methods.get(path);
    const matching = [...this.methods].filter(([pattern]) => matches(segmentsOf(pattern), segments));
    const all = literal ? [...literal] : matching.flatMap(([, methods]) => [...methods]);
    const allowed = [...new Set(all)].filter((each) => each !== 'OPTIONS');
    if (allowed.length === 0 || allowed.includes(method)) return runtimeErrors.ROUTE_NOT_FOUND();
    const allow = allowed.sort().join(', ');
    return runtimeErrors.METHOD_NOT_ALLOWED(`This path supports ${allow}, not ${method}.`, { headers: { allow } });
  }
}

const pathOf = (url: string) => url.split('?', 1)[0] ?? '';
const segmentsOf = (path: string) => path.split('/').slice(1);

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}
