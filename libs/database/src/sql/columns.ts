/** The columns of a table, or of its alias, as a query names them: `p.title`. */
export function columnsOf<Table extends string, Column extends string>(table: Table, columns: readonly Column[]) {
  return columns.map((column) => `${table}.${column}` as const);
}

/** The values of these columns, for an insert or an update. */
export function pick<Row extends object, Column extends keyof Row>(row: Row, columns: readonly Column[]) {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<Row, Column>;
}

/** The row that a statement returns. Throws if there is none: the row that it names has been removed. */
export function rowOf<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('The row is gone.');
  return row;
}
