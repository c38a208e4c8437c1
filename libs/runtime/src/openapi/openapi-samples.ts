import type { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

const words: Readonly<Record<string, unknown>> = {
  description: 'How to do things.',
  email: 'ada@example.com',
  displayName: 'Ada Lovelace',
  handle: 'ada',
  bio: 'Programs.',
  slug: 'why-the-outbox-3f6c21aa',
  title: 'Why the outbox',
  name: 'Guides',
  summary: 'Events wait in the database of their writer.',
  body: 'Events *wait* in the database of their writer.',
  bodyHtml: '<p>Events <em>wait</em> in the database of their writer.</p>\n',
  excerpt: 'And what if the relay dies?',
  text: 'Ada Lovelace published “Why the outbox”.',
  imageUrl: 'https://example.com/ada.png',
  tags: ['delivery'],
  mentions: ['grace'],
  accessToken: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl',
  refreshToken: 'q1w2e3r4t5y6u7i8o9p0',
  address: '203.0.113.7',
  device: 'Mozilla/5.0',
  depth: 0,
};

/**
 * A deterministic value that a schema accepts: its own example, else one by the name of the property. Of an object, the
 * properties that are required or have an example.
 */
export function sampleOf(described: object, components: Readonly<Record<string, object>> = {}, name = ''): unknown {
  const schema = described as Schema;
  const sample = (inner: unknown, of = name) => sampleOf(inner as object, components, of);
  if (schema['example'] !== undefined) return schema['example'];
  if (schema.$ref) return sample(components[schema.$ref.split('/').at(-1) ?? '']);
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return sample(first);
  if (schema.const !== undefined) return schema.const;
  if (schema.format === 'uuid') return idOf(name);
  if (schema.format === 'date-time') return '2026-01-02T03:14:05.678Z';
  if (schema.enum) return schema.enum.at(-1);
  const types = [schema.type].flat();
  if (types.includes('object')) {
    const shown = Object.entries(schema.properties ?? {}).filter(
      ([key, value]) => schema.required?.includes(key) || (value as Schema)['example'] !== undefined,
    );
    return Object.fromEntries(shown.map(([key, value]) => [key, sample(value, key)]));
  }
  if (types.includes('boolean')) return name !== 'deleted';
  if (name in words) return words[name];
  if (types.includes('array')) return schema.items ? [sample(schema.items)] : [];
  if (types.includes('integer') || types.includes('number')) return 1;
  return 'text';
}

/** A deterministic id per property name, so that different properties of an example have different ids. */
function idOf(name: string): string {
  const sum = Array.from(name).reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 0xffff, 7);
  return `0198c0de-0000-7000-8000-${sum.toString(16).padStart(12, '0')}`;
}
