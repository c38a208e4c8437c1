import { validate } from 'uuid';
import type { Problem } from '../problems/problem.js';

/** An id that is not one cannot name anything: it is as absent as any other. Returns it in lower case. */
export function idOr(notFound: () => Problem, value: string): string {
  if (!isId(value)) throw notFound();
  return value.toLowerCase();
}

export function isId(value: string): boolean {
  return validate(value);
}
