import { createInterface } from 'node:readline/promises';
import process, { stderr, stdin, stdout } from 'node:process';
import { UserError } from '#database';

export type Row = Readonly<Record<string, string | number | boolean | null | Date | undefined>>;

/** Prints rows as a table, or `whole` as JSON. */
export function show(rows: readonly Row[], json: boolean, whole: unknown = rows): void {
  if (json) stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
  else if (rows.length === 0) stdout.write('None.\n');
  else stdout.write(table(rows));
}

/** Prints one record with one line per field, or `whole` as JSON. */
export function showOne(fields: Row, json: boolean, whole: unknown = fields): void {
  if (json) return show([], true, whole);
  const width = Math.max(...Object.keys(fields).map((name) => name.length));
  for (const [name, value] of Object.entries(fields)) stdout.write(`${name.padEnd(width)}  ${cell(value)}\n`);
}

export function print(line: string): void {
  stdout.write(`${line}\n`);
}

/** Asks for confirmation unless `yes`. Throws a UserError if the answer is not yes, or stdin is not a terminal. */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!stdin.isTTY) throw new UserError(`${question} Not a terminal. Pass --yes to confirm.`);
  const asking = createInterface({ input: stdin, output: stderr });
  // The terminal passes Ctrl-C to the question, which would only end itself.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const answer = await asking.question(`${question} [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UserError('Nothing was done.');
}

const MAX_CELL_WIDTH = 60;

function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ');
  return lines.map((line) => `${format(line).trimEnd()}\n`).join('');
}

function cell(value: Row[string]): string {
  const text = value instanceof Date ? value.toISOString() : String(value ?? '–');
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_CELL_WIDTH ? `${line.slice(0, MAX_CELL_WIDTH - 1)}…` : line;
}
