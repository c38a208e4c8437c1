import type { FieldError } from '../problems/problem.js';

/** The properties of zod's issues that are used here. */
export interface Issue {
  readonly code?: string;
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
  readonly keys?: readonly string[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly expected?: string;
  readonly format?: string;
  readonly values?: readonly unknown[];
}

/** In characters: a message may contain the value that was sent. */
const MAX_MESSAGE = 200;
const MAX_NAME = 100;

type Fault = Pick<FieldError, 'message'> & { readonly code: FieldError['code'] };

/** What the API says of an issue in the part `where` of a request: one error, or one per unknown field. */
export function toFieldErrors(issue: Issue, value: unknown, where: FieldError['in']): FieldError[] {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => {
      return { in: where, path: pointer(where, [...keys, key]), code: 'unknown' as const, message: 'is not known' };
    });
  }
  const sent = at(value, keys);
  if (where === 'query' && Array.isArray(sent))
    return [{ in: where, path: pointer(where, keys), code: 'wrong_type', message: 'must be given once' }];
  const { code, message } = faultOf(issue, sent);
  const text = isOwn(issue.message) ? issue.message : message;
  const short = text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
  return [{ in: where, path: pointer(where, keys), code, message: short }];
}

/** RFC 6901 in a body; elsewhere the name. A name that was sent may be of any length. */
export function pointer(where: FieldError['in'], keys: readonly string[]): string {
  const short = keys.map((key) => (key.length > MAX_NAME ? `${key.slice(0, MAX_NAME)}…` : key));
  const written = where === 'body' ? short.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')) : short;
  return written.map((key) => `/${key}`).join('');
}

function at(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys)
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  return found;
}

/** Messages of schemas begin with a small letter, those of the library with a capital one. */
function isOwn(message: string): boolean {
  return /^\p{Ll}/u.test(message);
}

const formats: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  email: 'must be an e-mail address',
  url: 'must be a URL',
  datetime: 'must be a time in ISO 8601',
};

function faultOf(issue: Issue, value: unknown): Fault {
  if (value === undefined) return { code: 'required', message: 'is required' };
  const { code, origin, minimum, maximum, expected, format = '', values = [] } = issue;
  switch (code) {
    case 'invalid_type':
      return { code: 'wrong_type', message: `must be ${typeName(expected)}` };
    case 'too_small':
      return tooSmall(origin, Number(minimum));
    case 'too_big':
      return tooBig(origin, Number(maximum));
    case 'invalid_format':
      return { code: 'invalid', message: formats[format] ?? 'has a format that is not allowed' };
    case 'invalid_value': {
      const isOfType = values.some((each) => typeof each === typeof value);
      return { code: isOfType ? 'invalid' : 'wrong_type', message: `must be ${values.map(String).join(' or ')}` };
    }
    case 'invalid_union':
      return { code: 'wrong_type', message: 'has a type that is not allowed' };
    default:
      return { code: 'invalid', message: 'is not valid' };
  }
}

function tooSmall(origin: string | undefined, minimum: number): Fault {
  if (origin === 'string')
    return {
      code: 'too_short',
      message: minimum === 1 ? 'must not be empty' : `must have at least ${minimum} characters`,
    };
  if (origin === 'array' || origin === 'set')
    return { code: 'too_short', message: `must have at least ${minimum} entries` };
  return { code: 'too_small', message: `must be at least ${minimum}` };
}

function tooBig(origin: string | undefined, maximum: number): Fault {
  if (origin === 'string') return { code: 'too_long', message: `must have at most ${maximum} characters` };
  if (origin === 'array' || origin === 'set')
    return { code: 'too_many', message: `must have at most ${maximum} entries` };
  return { code: 'too_large', message: `must be at most ${maximum}` };
}

function typeName(expected = 'of another type'): string {
  const names: Readonly<Record<string, string>> = {
    object: 'an object',
    array: 'a list',
    int: 'a whole number',
    record: 'an object',
  };
  return names[expected] ?? `a ${expected}`;
}
