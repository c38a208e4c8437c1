import { StandardSchemaValidationPipe } from '@nestjs/common';
import { z } from 'zod';
import type { FieldError } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

type Issue = {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
};

const MAX_ERRORS = 50;
/** In characters: a message may contain the value that was sent. */
const MAX_MESSAGE = 200;

/** Validates every parameter that has a schema, and reports all errors at once. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) =>
    invalid(firstPerField((issues as readonly Issue[]).slice(0, MAX_ERRORS).map(toFieldError))),
});

export function invalid(errors: readonly FieldError[]) {
  const [first] = errors;
  const detail =
    errors.length === 1 && first
      ? `${first.path || 'The request'}: ${first.message}`
      : `The request has ${errors.length} errors; see errors.`;
  return runtimeErrors.VALIDATION_FAILED(detail, { errors });
}

/** The first error of each field: a value of the wrong type violates the other rules of its field too. */
function firstPerField(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.toReversed().map((error) => [error.path, error])).values()].toReversed();
}

function toFieldError({ message, path = [] }: Issue): FieldError {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return {
    path: keys.join('.'),
    message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message,
  };
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
