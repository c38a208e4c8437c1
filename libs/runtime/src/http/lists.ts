import { z } from 'zod';
import { invalid } from '../validation/validation.js';

const MAX_DEPTH = 10_000;

/** Converts a string of digits to a number. Any other value is left unchanged, and so fails as not a number. */
const whole = (max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z
      .int({ error: ({ code }) => (code === 'invalid_type' ? 'must be a whole number' : undefined) })
      .min(1)
      .max(max),
  );

const cursorText = z
  .string()
  .max(4_000)
  .optional()
  .describe('Empty for the first page of keyset paging; `meta.nextCursor` of the page before for any other.');
const limit = whole(100).default(20).describe('How many items a page has at most.');

/** Parameters of a list with cursors only. */
export function cursorQuery<Shape extends z.ZodRawShape>(filters: Shape) {
  return z.strictObject({ limit, cursor: cursorText, ...filters });
}

/** Parameters of a list with pages, and with `?cursor=` for keyset paging. `sort` takes `field` or `-field`. */
export function pageQuery<Shape extends z.ZodRawShape>(fields: readonly string[], defaultSort: string, filters: Shape) {
  return paged({ cursor: cursorText, sort: sortOf(fields).default(defaultSort).describe(SORT), ...filters });
}

/** Like `pageQuery`, for a list whose default order depends on its filters: `sort` is optional. */
export function searchQuery<Shape extends z.ZodRawShape>(fields: readonly string[], filters: Shape) {
  return paged({ cursor: cursorText, sort: sortOf(fields).optional().describe(SORT), ...filters });
}

/** Parameters of a list with pages only. */
export function numberedQuery(fields: readonly string[], defaultSort: string) {
  return paged({ sort: sortOf(fields).default(defaultSort).describe(SORT) });
}

const SORT = 'The order of the list; with - descending.';

function sortOf(fields: readonly string[]) {
  const orders = fields.flatMap((field) => [field, `-${field}`]);
  return z.enum(orders, { error: `must be one of ${orders.join(', ')}` });
}

const PAGE = `The number of the page, from 1; page × limit is at most ${MAX_DEPTH}.`;

function paged<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({ page: whole(999_999_999).optional().describe(PAGE), limit, ...shape }).check((context) => {
    const { page, limit, cursor } = context.value as { page?: number; limit: number; cursor?: string };
    const issue = (path: string, message: string) =>
      context.issues.push({ code: 'custom', path: [path], message, input: context.value });
    if (page !== undefined && cursor !== undefined) issue('page', 'cannot be combined with cursor');
    if ((page ?? 1) * limit <= MAX_DEPTH) return;
    const further = 'cursor' in shape ? '; use cursor to go further' : '';
    issue('page', `page × limit is at most ${MAX_DEPTH}${further}`);
  });
}

const USUAL_LIMIT = 20;

/** Whether a list reads its first page, or one after a cursor, with the usual number of rows: worth a prepared statement. */
export function isUsualPage({ limit, offset = 0, after = false }: PageShape): boolean {
  // A cursor list reads one row more than it shows.
  return offset === 0 && (limit === USUAL_LIMIT + 1 || (limit === USUAL_LIMIT && !after));
}

interface PageShape {
  readonly limit: number;
  readonly offset?: number;
  /** Whether it begins after a cursor. */
  readonly after?: boolean;
}

/** Where the next page of a cursor list begins: after the row with this sort value and id. */
export interface Position {
  readonly value: string;
  readonly id: string;
}

/** Encodes a cursor, opaque to clients. It contains `list` (list and order), so that no other list accepts it. */
function encodeCursor(list: string, { value, id }: Position): string {
  return Buffer.from(JSON.stringify([list, value, id])).toString('base64url');
}

/**
 * Undefined for the first page. Throws VALIDATION_FAILED if the cursor is not of this list, or its value is invalid.
 */
export function decodeCursor(list: string, cursor: string | undefined, value: z.ZodType<string>): Position | undefined {
  if (!cursor) return undefined;
  const parsed = z
    .tuple([z.literal(list), value, z.uuid()])
    .safeParse(tryParseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) {
    throw invalid([
      { in: 'query', path: '/cursor', code: 'invalid', message: 'is not a cursor of this list, order and filters' },
    ]);
  }
  const [, at, id] = parsed.data;
  return { value: at, id };
}

function tryParseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A time in a cursor, exactly as `toISOString` writes it, so that the database can parse it. */
export const cursorTime = z
  .string()
  .regex(/^[12]\d{3}-/)
  .refine((time) => !Number.isNaN(Date.parse(time)) && new Date(time).toISOString() === time);

/** The response of a cursor list. Query one row more than `limit`, so that the last page is recognized. */
export function cursorPage<Row, Item>(
  list: string,
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => Position,
  toItem: (row: Row) => Item,
) {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const nextCursor = last === undefined ? null : encodeCursor(list, positionOf(last));
  return { data: page.map(toItem), meta: { limit, nextCursor } };
}

/** The response of a numbered page. `counted` is exact up to MAX_COUNTED, and any larger number above it. */
export function numberedPage<Item>(data: readonly Item[], page: number, limit: number, counted: number) {
  const total = Math.min(counted, MAX_COUNTED);
  const totalPages = Math.ceil(total / limit);
  return { data, meta: { page, limit, total, ...(counted > total ? { totalIsCapped: true } : {}), totalPages } };
}

/** Totals are counted up to this limit, so that a list does not read a million rows to count them. */
export const MAX_COUNTED = 10_000;

export const pageMeta = z.object({
  page: z.int().meta({ example: 1 }),
  limit: z.int().meta({ example: 20 }),
  total: z.int().describe('Exact up to 10,000.'),
  totalIsCapped: z.boolean().optional().describe('There are more than `total`.'),
  totalPages: z.int(),
});
export const cursorMeta = z.object({
  limit: z.int().meta({ example: 20 }),
  nextCursor: z.string().nullable().describe('Null on the last page.').meta({ example: null }),
});
/** Of a list with pages and cursors. Described as oneOf, which generated clients can tell apart. */
export const eitherMeta = z.xor([pageMeta.meta({ id: 'PageMeta' }), cursorMeta.meta({ id: 'CursorMeta' })]);
