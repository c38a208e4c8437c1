/** Stable: clients may depend on them. */
export const fieldErrorCodes = [
  ...(['required', 'unknown', 'wrong_type', 'too_short', 'too_long', 'too_small', 'too_large', 'too_many'] as const),
  ...(['invalid', 'not_found', 'too_common'] as const),
] as const;

/** An invalid field of a request and the reason. */
export interface FieldError {
  readonly in: 'body' | 'query' | 'header' | 'path';
  /** In a body a JSON Pointer, empty for the whole; elsewhere / and the name. */
  readonly path: string;
  readonly code: (typeof fieldErrorCodes)[number];
  /** A sentence for people. */
  readonly message: string;
}

export interface ProblemDefinition {
  /** Stable, upper snake case: clients may depend on it. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldError[];
}

/** An error response (problem details, RFC 9457). Thrown anywhere, mapped to HTTP by ProblemFilter. */
export class Problem extends Error {
  constructor(
    readonly definition: ProblemDefinition,
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(`${definition.code}: ${detail}`);
  }
}

type Entries = Readonly<Record<string, Omit<ProblemDefinition, 'code'>>>;
type ProblemFactory = ((detail?: string, extras?: ProblemExtras) => Problem) & {
  readonly definition: ProblemDefinition;
};

/** A service's error catalogue, by code. Use: `throw postErrors.POST_NOT_FOUND()`. The detail defaults to the title. */
export function catalogue<E extends Entries>(entries: E): { readonly [Code in keyof E]: ProblemFactory } {
  const factories = Object.entries(entries).map(([code, { status, title }]) => {
    const definition: ProblemDefinition = { code, status, title };
    const factory = (detail: string = title, extras?: ProblemExtras) => new Problem(definition, detail, extras);
    return [code, Object.assign(factory, { definition })];
  });
  return Object.fromEntries(factories) as { readonly [Code in keyof E]: ProblemFactory };
}

/** The JSON body of a problem response to a request for `url`, whose query is not repeated. */
export function problemBody(problem: Problem, url: string, traceId: string) {
  const { code, status, title } = problem.definition;
  const { errors } = problem.extras;
  return {
    type: `urn:twofold:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: problem.detail,
    instance: url.split('?', 1)[0] ?? url,
    code,
    traceId,
    ...(errors ? { errors } : {}),
  };
}
