import { validate } from 'uuid';
import type { Problem } from '../problems/problem.js';

/** Returns the id in lower case. Throws `notFound` if it is not a UUID, because no resource can have such an id. */
export function idOr(notFound: () => Problem, value: string): string {
  if (!isId(value)) throw notFound();
  return value.toLowerCase();
}

export function isId(value: string): boolean {
  return validate(value);
}
