import type { Reply } from '../../support/platform/client.js';

/** One request of the transcript, and what a client sees of its response. */
export interface Exchange {
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What differs from process to process and from moment to moment, whatever the topology is. */
const TRANSPORT = /^(date|connection|keep-alive|content-length|x-trace-id|x-served-by|ratelimit(-policy)?)$/;

export function exchangeOf(request: string, { status, headers, text }: Reply): Exchange {
  const kept = [...headers].filter(([name]) => !TRANSPORT.test(name));
  return { request, status, headers: Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))), text };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Numbered within one exchange: whether two requests fell into the same millisecond is chance. */
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['id', UUID],
  ['token', /eyJ[\w-]+\.[\w-]+\.[\w-]+/g],
  ['token', /(?<="(?:refreshToken|nextCursor)":")[^"]+/g],
  ['token', /(?<="traceId":")[^"]+/g],
  ['token', /(?<="consistency-token":")[^"]+/g],
  // 16 characters, of a single entity after its version, which must be the same.
  ['tag', /(?<="etag":"\\"(?:\d+-)?)[\w-]{16}(?=\\")/g],
];

/**
 * A transcript in which ids, times and tokens are replaced by their order of appearance: equal for two platforms that answered
 * the same, and in the same relations, whenever and wherever they ran.
 */
export function normalize(transcript: readonly Exchange[]): string[] {
  const lines = transcript.map(({ request, status, headers, text }) =>
    JSON.stringify({ request, status, headers, body: bodyOf(text) }),
  );
  const timed = endsOfSlugs(lines).flatMap((line) => inOrder([line], 'time', TIME));
  return KINDS.reduce((texts, [kind, pattern]) => inOrder(texts, kind, pattern), timed);
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function inOrder(lines: readonly string[], kind: string, pattern: RegExp): string[] {
  const names = new Map<string, string>();
  return lines.map((line) =>
    line.replace(pattern, (value) => {
      const name = names.get(value) ?? `${kind} ${names.size + 1}`;
      names.set(value, name);
      return name;
    }),
  );
}

/** A slug ends with the last digits of the id of its post. */
function endsOfSlugs(lines: readonly string[]): string[] {
  const ids = [...new Set(lines.flatMap((line) => line.match(UUID) ?? []))];
  const ends = new Map(ids.map((id, index) => [id.slice(-8), `end-of-id-${index + 1}`]));
  return lines.map((line) => line.replace(/(?<=-)[0-9a-f]{8}(?=["/?\\])/g, (end) => ends.get(end) ?? end));
}

/** The first difference of two normalized transcripts, for people; undefined if there is none. */
export function firstDifference(one: readonly string[], other: readonly string[]): string | undefined {
  const index = one.findIndex((line, place) => line !== other[place]);
  if (index === -1 && one.length === other.length) return undefined;
  const place = index === -1 ? Math.min(one.length, other.length) : index;
  return `exchange ${place + 1}:\n  ${one[place] ?? 'none'}\n  ${other[place] ?? 'none'}`;
}
