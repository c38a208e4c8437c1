import { settingsShape } from '#runtime';
import { z } from 'zod';
import { authSettings } from '../../apps/auth/src/auth.settings.js';
import { monolithSettings } from '../../apps/monolith/src/settings.js';
import { code, page, table } from './markdown.js';

const groups: readonly [string, z.ZodRawShape][] = [
  ['Every process', settingsShape],
  ['auth', authSettings],
  ['The monolith', monolithSettings],
];

export function settingsPage(): string {
  const parts = groups.flatMap(([name, shape]) => [
    `## ${name}`,
    table(
      ['setting', 'values', 'default', ''],
      Object.entries(shape).map(([setting, schema]) => rowOf(setting, schema as z.ZodType)),
    ),
  ]);
  return page(
    'Settings',
    'Every setting, with its values and its default.',
    'Settings are read once, when a process starts, from the environment or from `.env` next to `package.json`. ' +
      'Each invalid setting is named, and the process exits with code 1. An empty variable counts as not set.',
    ...parts,
  );
}

function rowOf(setting: string, schema: z.ZodType): string[] {
  const { description = '', ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const { defaultValue } = (schema as { def?: { defaultValue?: unknown } }).def ?? {};
  return [code(setting), valuesOf(json), defaultOf(defaultValue), description];
}

function valuesOf({ enum: choices, minimum, maximum, format, type }: z.core.JSONSchema.BaseSchema): string {
  if (choices) return choices.map((choice) => code(String(choice))).join(', ');
  if (minimum !== undefined) return `${minimum} to ${maximum}`;
  return format === 'uri' ? 'URL' : String(type ?? 'text').replace('string', 'text');
}

function defaultOf(value: unknown): string {
  if (value === undefined) return '–';
  const text = JSON.stringify(value).replaceAll(/[[\]"]/g, '');
  return text === '' ? 'empty' : code(text);
}
