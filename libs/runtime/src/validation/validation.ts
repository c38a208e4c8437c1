import { StandardSchemaValidationPipe } from '@nestjs/common';
import { z } from 'zod';
import type { FieldError } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

type Issue = {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
};

const MOST_ERRORS = 50;
/** A message may repeat what was sent. */
const LONGEST_MESSAGE = 200;

/** Checks every parameter that names a schema; all faults are told at once. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) =>
    invalid(firstOfEach((issues as readonly Issue[]).slice(0, MOST_ERRORS).map(toFieldError))),
});

export function invalid(errors: readonly FieldError[]) {
  const [first] = errors;
  const detail =
    errors.length === 1 && first
      ? `${first.path || 'The request'}: ${first.message}`
      : `${errors.length} things are wrong; see errors.`;
  return runtimeErrors.VALIDATION_FAILED(detail, { errors });
}

/** A value of the wrong type breaks every other rule too; one word about each field is enough. */
function firstOfEach(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.toReversed().map((error) => [error.path, error])).values()].toReversed();
}

function toFieldError({ message, path = [] }: Issue): FieldError {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return {
    path: keys.join('.'),
    message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message,
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

/** Text on one line, trimmed; what is only white space is empty. */
export function line(min: number, max: number) {
  return text(0, max + 100)
    .transform((value) => value.replace(/\s+/g, ' ').trim())
    .refine((value) => !/\p{Cc}/u.test(value), { error: 'must not contain control characters' })
    .refine((value) => min === 0 || value === '' || /[^\s\p{Cf}]/u.test(value), { error: 'must have something to see' })
    .pipe(z.string().min(min).max(max))
    .meta({ minLength: min, maxLength: max });
}

/** An address that browsers may load an image from. */
export const imageUrl = z.url({ protocol: /^https?$/, hostname: z.regexes.domain }).max(2_000);
