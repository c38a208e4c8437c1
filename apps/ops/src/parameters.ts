import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** A parameter that cannot be right ends the command with code 2, before a database is opened. */
export function eventId(value: string): string {
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(value)) return value;
  throw new InvalidArgumentError(`'${value}' is not an event id.`);
}

export const wholeNumber =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

/** npm runs a script in the folder of the package, and passes the one in which it was called. */
export function path(value: string): string {
  return resolve(process.env.INIT_CWD ?? '.', value);
}

/** For a command that changes or deletes many things. */
export const dryRun = () => new Option('--dry-run', 'only say what would be done');

export interface Selection {
  readonly consumer?: string;
  readonly all?: boolean;
}

export function assertOneOrAll(event: string | undefined, { all = false }: Selection, command: Command): void {
  if (all === (event !== undefined)) command.error('error: Name one event, or pass --all.');
}
