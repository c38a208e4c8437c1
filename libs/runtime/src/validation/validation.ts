import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import type { FieldError } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { type Issue, toFieldErrors } from './field-errors.js';

const MAX_ERRORS = 50;

const places: Partial<Record<ArgumentMetadata['type'], FieldError['in']>> = {
  body: 'body',
  query: 'query',
  param: 'path',
};

/**
 * Validates every parameter that has a schema, and reports all errors at once. Nest's own pipe removes some unknown fields
 * first, such as `constructor`, and does not say which part of the request is at fault.
 */
export const validationPipe: PipeTransform = {
  async transform(value: unknown, { schema, type }: ArgumentMetadata): Promise<unknown> {
    const where = places[type];
    if (!schema || !where) return value;
    const result = await schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    throw invalidInput(result.issues, value, where);
  },
};

/** The problem of what a schema has found in the `value` of a part of a request. */
export function invalidInput(issues: readonly Issue[], value: unknown, where: FieldError['in']) {
  const errors = issues.flatMap((issue) => toFieldErrors(issue, value, where));
  return invalid(firstPerField(errors).slice(0, MAX_ERRORS));
}

export function invalid(errors: readonly FieldError[]) {
  const [first] = errors;
  const detail =
    errors.length === 1 && first
      ? `${first.path.slice(1).replaceAll('/', '.') || 'The request'}: ${first.message}`
      : `The request has ${errors.length} errors; see errors.`;
  return runtimeErrors.VALIDATION_FAILED(detail, { errors });
}

/** The first error of each field: a value of the wrong type violates the other rules of its field too. */
function firstPerField(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.toReversed().map((error) => [error.path, error])).values()].toReversed();
}

/**
 * Text of a request: well-formed Unicode without NUL, which Postgres cannot store. Lengths count UTF-16 code units.
 */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      error: 'must be well-formed Unicode without NUL characters',
    });
}

/** Text on one line, trimmed, with each run of white space as one space; white space alone is empty. */
export function line(min: number, max: number) {
  return text(0, max + 100)
    .transform((value) => value.replace(/\s+/g, ' ').trim())
    .refine((value) => !/\p{Cc}/u.test(value), { error: 'must not contain control characters' })
    .refine((value) => min === 0 || value === '' || /[^\s\p{Cf}]/u.test(value), { error: 'must have visible text' })
    .pipe(z.string().min(min).max(max))
    .meta({ minLength: min, maxLength: max });
}

/** A URL from which browsers may load an image. */
export const imageUrl = z.url({ protocol: /^https?$/, hostname: z.regexes.domain }).max(2_000);
