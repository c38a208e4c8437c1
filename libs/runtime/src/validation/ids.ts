import { validate } from 'uuid';
import type { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** Returns the id in lower case. Throws `notFound` if it is not a UUID, because no resource can have such an id. */
export function idOr(notFound: () => Problem, value: string): string {
  if (!isId(value)) throw notFound();
  return value.toLowerCase();
}

/** The name in a path, with `me` replaced by the id of the caller. Throws UNAUTHENTICATED for `me` without one. */
export function nameOrCaller(name: string, caller: string | undefined): string {
  if (name !== 'me') return name;
  if (caller === undefined) throw runtimeErrors.UNAUTHENTICATED();
  return caller;
}

export function isId(value: string): boolean {
  return validate(value);
}
