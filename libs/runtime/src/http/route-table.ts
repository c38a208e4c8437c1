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

  /** 405 with the methods of this path, or 404. */
  problemOfUnmatched({ method, url }: FastifyRequest): Problem {
    const segments = segmentsOf(url.split('?')[0] ?? '');
    const matching = [...this.methods].filter(([pattern]) => matches(segmentsOf(pattern), segments));
    const allowed = [...new Set(matching.flatMap(([, methods]) => [...methods]))].filter((each) => each !== 'OPTIONS');
    if (allowed.length === 0 || allowed.includes(method)) return runtimeErrors.ROUTE_NOT_FOUND();
    const allow = allowed.sort().join(', ');
    return runtimeErrors.METHOD_NOT_ALLOWED(`This path supports ${allow}, not ${method}.`, { headers: { allow } });
  }
}

const segmentsOf = (path: string) => path.split('/').slice(1);

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}
