import { parse, YAMLError } from 'yaml';
import { z } from 'zod';

/** A file that cannot be imported; the message is the reason. */
export class UnreadableFile extends Error {}

/** Without YAML warnings in the log, which would disturb the progress display; errors are reported with the file. */
const OPTIONS = { maxAliasCount: 20, logLevel: 'error' } as const;

/** Splits a text into the YAML between its first two lines of `---`, and the rest. Throws UnreadableFile. */
export function splitFrontMatter(text: string): { attributes: Record<string, unknown>; body: string } {
  const normal = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  if (normal.startsWith('+++\n')) throw new UnreadableFile('its front matter is TOML; only YAML is supported');
  const found = /^---[ \t]*\n(?:([\s\S]*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n([\s\S]*))?$/.exec(normal);
  if (!found) {
    if (/^---[ \t]*\n/.test(normal)) throw new UnreadableFile('its front matter has no end (a line of ---)');
    return { attributes: {}, body: normal };
  }
  const [, yaml = '', body = ''] = found;
  return { attributes: attributesOf(yaml), body };
}

function attributesOf(yaml: string): Record<string, unknown> {
  try {
    const parsed = z
      .record(z.string(), z.unknown())
      .nullable()
      .safeParse(parse(yaml, OPTIONS) ?? null);
    if (parsed.success) return parsed.data ?? {};
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new UnreadableFile(`its front matter is not valid YAML: ${error instanceof YAMLError ? error.code : reason}`);
  }
  throw new UnreadableFile('its front matter is not a mapping of names to values');
}
