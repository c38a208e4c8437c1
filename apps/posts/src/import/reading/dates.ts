import { type Attributes, textOf, UnreadableFile } from './front-matter.js';

/** Cursors of lists accept only years from 1000 to 2999. */
const [EARLIEST, LATEST] = [Date.UTC(1000, 0, 2), Date.UTC(2999, 11, 31)];

/** In minutes. */
const MAX_OFFSET = 14 * 60;

/** When Eleventy is to take the date from elsewhere. */
const ELSEWHERE = new Set(['', 'created', 'last modified', 'git created', 'git last modified']);

const ZONE = String.raw`(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)`;
const NUMERIC = new RegExp(
  String.raw`^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*${ZONE}?$`,
  'i',
);
/** With nothing after the time but a zone that everybody knows: EST, for example, is another one elsewhere. */
const NAMED = new RegExp(
  String.raw`^(?:[a-z]{3,9},?\s+)?(?:\d{1,2}\s+[a-z]{3,9}|[a-z]{3,9}\.?\s+\d{1,2}),?\s+\d{4}` +
    String.raw`(?:\s+\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]m)?)?(?:\s*(?:GMT|UTC)?${ZONE})?$`,
  'i',
);

/**
 * The time of an attribute; undefined without one. Without a zone it is UTC, whatever the zone of the machine. Throws
 * UnreadableFile if it is not a date, or one that readers understand differently, such as 06.05.2024.
 */
export function timeOf(attributes: Attributes, name: string): Date | undefined {
  const value = attributes.get(name);
  if (value === undefined || value === null) return undefined;
  const text = textOf(value);
  if (text !== undefined && ELSEWHERE.has(text.toLowerCase())) return undefined;
  const time = value instanceof Date ? new Date(value.getTime()) : parseTime(text ?? '');
  if (time && time.getTime() > EARLIEST && time.getTime() < LATEST) return time;
  throw new UnreadableFile(
    `${name}: is not a date between the years 1000 and 2999, such as 2024-05-06 10:00:00 +02:00`,
  );
}

/** Whether a value is meant as a date, and not as a yes or no. */
export function isTimeLike(value: unknown): boolean {
  return value instanceof Date || (typeof value === 'string' && parseTime(value.trim()) !== undefined);
}

/** The date at the start of the name of a file or of its folder, as Jekyll has it, or in the names of its folders. */
export function timeInPath(path: string): Date | undefined {
  const found = /(?:^|\/)(\d{4}-\d{1,2}-\d{1,2})(?:-[^/]*)?(?:\/_?index)?\.[^/]*$/.exec(path)?.[1];
  return parseTime(found ?? /(?:^|\/)(\d{4}\/\d{2}\/\d{2})\/[^/]+$/.exec(path)?.[1] ?? '');
}

function parseTime(text: string): Date | undefined {
  if (/^\d{4}$/.test(text)) return new Date(Date.UTC(Number(text), 0));
  return parseNumeric(text) ?? parseNamed(text);
}

function parseNumeric(text: string): Date | undefined {
  const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = ''] =
    NUMERIC.exec(text) ?? [];
  if (year === undefined) return undefined;
  const numbers = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const;
  const time = new Date(Date.UTC(...numbers, Number(fraction.padEnd(3, '0').slice(0, 3))));
  // The 30th of February would be a day in March.
  const shown = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()];
  const rest = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()];
  if ([...shown, ...rest].some((number, n) => number !== numbers[n])) return undefined;
  const shifted = new Date(time.getTime() - offsetOf(zone));
  return Number.isNaN(shifted.getTime()) ? undefined : shifted;
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  const offset = Number(hours) * 60 + Number(minutes);
  return offset > MAX_OFFSET ? Number.NaN : (sign === '-' ? -1 : 1) * offset * 60_000;
}

/** Such as "Jul 08 2022", "8 July 2022 10:00" or "Fri, 08 Jul 2022 10:00:00 GMT". */
function parseNamed(text: string): Date | undefined {
  if (!NAMED.test(text)) return undefined;
  const hasZone = new RegExp(String.raw`(?:\d|GMT|UTC)\s*${ZONE}$`, 'i').test(text);
  const time = new Date(hasZone ? text : `${text} UTC`);
  const [day] = /\b\d{1,2}\b/.exec(text) ?? [];
  return Number.isNaN(time.getTime()) || (!hasZone && time.getUTCDate() !== Number(day)) ? undefined : time;
}
