import type { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

const known: Readonly<Record<string, string>> = {
  email: 'ada@example.com',
  displayName: 'Ada Lovelace',
  handle: 'ada',
  slug: 'why-the-outbox-3f6c21aa',
  title: 'Why the outbox',
  summary: 'Events wait in the database of their writer.',
  excerpt: 'And what if the relay dies?',
  imageUrl: 'https://example.com/ada.png',
};

const words: Readonly<Record<string, string[]>> = { tags: ['delivery'], mentions: ['grace'] };

/** A deterministic sample value that a schema accepts. */
export function sampleOf(schema: Schema, name = ''): unknown {
  const [first] = schema.anyOf ?? [];
  if (first) return sampleOf(first, name);
  if (schema.format === 'uuid') return idOf(name);
  if (schema.format === 'date-time') return '2026-01-02T03:14:05.678Z';
  if (schema.enum) return schema.enum.at(-2);
  if (schema.type === 'object') {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, value]) => [key, sampleOf(value as Schema, key)]),
    );
  }
  if (schema.type === 'array') return words[name] ?? [];
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return known[name] ?? 'text';
}

/** A deterministic id per property name, so that different properties of an example have different ids. */
function idOf(name: string): string {
  const sum = Array.from(name).reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 0xffff, 7);
  return `0198c0de-0000-7000-8000-${sum.toString(16).padStart(12, '0')}`;
}
