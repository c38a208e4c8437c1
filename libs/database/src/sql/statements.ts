import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import { ColumnNames } from './column-names.js';

/** A compiled statement with its values; `Row` is the type of the rows that it returns. `Database.run` runs it. */
export interface Statement<Row> {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Whether Postgres may keep it prepared: its text is one of few. */
  readonly prepared: boolean;
  /** Never set: it ties the type of the rows to the statement. */
  readonly row?: Row;
}

/**
 * A query builder for a service's tables. It only writes SQL: it has no connection, since statements belong to the unit of
 * work, which `Database` owns.
 */
export function queryBuilder<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins: [new ColumnNames()],
  });
}

/** A placeholder for a value that is bound later. */
class Parameter {
  constructor(readonly name: PropertyKey) {}
}

interface Template {
  readonly text: string;
  readonly places: readonly unknown[];
}

/** What Kysely builds, or SQL in a `sql` template where that reads better. */
type Query<Row> = Compilable<Row> | RawBuilder<Row>;

/**
 * A statement that is compiled once, at its first use. `write` receives placeholders instead of values, so it may put them
 * where SQL takes a parameter, and must not read them. `name` is `repository: what it does`, unique in the process.
 */
export function once<Given extends object, Row>(
  name: string,
  write: (given: Given) => Query<Row>,
): (given: Given) => Statement<Row> {
  const statement = perShape<'', Given, Row>(
    name,
    [''],
    (_, given) => write(given),
    () => true,
  );
  return (given) => statement('', given);
}

/** Per statement. A page deep down in a list is a shape of its own, so the ones that are used least give way. */
const MAX_SHAPES = 500;

/**
 * As `once`, for a statement whose text depends on more than its values, such as a list with filters: compiled once per
 * shape, and planned by Postgres at each call, which may take longer than the list itself. `isUsual` names shapes that Postgres
 * keeps prepared: few, and such that their plan does not depend on the values. A shape is a value that JSON can write;
 * `examples` are the shapes that the reviewable SQL file shows.
 */
export function perShape<Shape, Given extends object, Row>(
  name: string,
  examples: readonly NoInfer<Shape>[],
  write: (shape: Shape, given: Given) => Query<Row>,
  isUsual: (shape: NoInfer<Shape>) => boolean = () => false,
): (shape: Shape, given: Given) => Statement<Row> {
  if (catalogue.has(name)) throw new Error(`Two statements have the name ${name}.`);
  const templates = new LRUCache<string, Template>({ max: MAX_SHAPES });
  const templateOf = (shape: Shape): Template => {
    const key = JSON.stringify(shape);
    const known = templates.get(key);
    if (known) return known;
    const placeholders = new Proxy({} as Given, { get: (_, property) => new Parameter(property) });
    const { sql, parameters } = compiled(write(shape, placeholders));
    const template = { text: sql, places: parameters };
    templates.set(key, template);
    return template;
  };
  catalogue.set(name, () => examples.map((shape) => ({ shape: JSON.stringify(shape), text: templateOf(shape).text })));
  return (shape, given) => {
    const { text, places } = templateOf(shape);
    return { text, values: places.map((each) => valueOf(each, given)), prepared: isUsual(shape) };
  };
}

const plain = queryBuilder<unknown>();

function compiled<Row>(query: Query<Row>): CompiledQuery<Row> {
  return 'isRawBuilder' in query ? query.compile(plain) : query.compile();
}

function valueOf(place: unknown, given: object): unknown {
  return place instanceof Parameter ? (Reflect.get(given, place.name) as unknown) : place;
}

interface WrittenShape {
  readonly shape: string;
  readonly text: string;
}

const catalogue = new Map<string, () => readonly WrittenShape[]>();

/** The text of every statement of the modules that have been loaded, by name. For tests and generated pages. */
export function allStatements(): ReadonlyMap<string, readonly WrittenShape[]> {
  return new Map([...catalogue].map(([name, write]) => [name, write()]));
}
