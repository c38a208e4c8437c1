/** A field that is wrong, and why. `path` is in dots, empty for the body as a whole. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
  /** What a client may depend on, where there is one. */
  readonly code?: string;
}

export interface ProblemDefinition {
  /** Stable, upper snake case: what a client may depend on. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldError[];
}

/** An answer that is not a success, as RFC 9457 describes it. Thrown anywhere, mapped once by ProblemFilter. */
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

/** A service's errors, by code. `throw postErrors.POST_NOT_FOUND()`; the title is the detail where none is given. */
export function catalogue<E extends Entries>(entries: E): { readonly [Code in keyof E]: ProblemFactory } {
  const factories = Object.entries(entries).map(([code, { status, title }]) => {
    const definition: ProblemDefinition = { code, status, title };
    const factory = (detail: string = title, extras?: ProblemExtras) => new Problem(definition, detail, extras);
    return [code, Object.assign(factory, { definition })];
  });
  return Object.fromEntries(factories) as { readonly [Code in keyof E]: ProblemFactory };
}

/** The body of a problem answer. */
export function problemBody(problem: Problem, instance: string, traceId: string) {
  const { code, status, title } = problem.definition;
  const { errors } = problem.extras;
  return {
    type: `urn:twofold:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: problem.detail,
    instance,
    code,
    traceId,
    ...(errors ? { errors } : {}),
  };
}
