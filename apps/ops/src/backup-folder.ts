import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '#database';
import { z } from 'zod';

const Manifest = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Of the key that encrypts the signing keys: not the key itself. */
  masterKey: z.object({ fingerprint: z.string(), file: z.string().optional() }).optional(),
  services: z.record(
    z.string(),
    z.object({
      migrations: z.array(z.string()),
      tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), rows: z.int() })),
    }),
  ),
});
/** Describes the contents of a backup. Written last, so that an incomplete backup has no manifest. */
export type Manifest = z.infer<typeof Manifest>;

const NAME = 'manifest.json';

export function makeBackupFolder(folder: string): void {
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    if (readdirSync(folder).length === 0) return;
  } catch (error) {
    throw new UserError(`${folder} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
  }
  throw new UserError(`${folder} is not empty. Name a new folder.`);
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, NAME), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
}

export function readManifest(folder: string): Manifest {
  const path = join(folder, NAME);
  if (!existsSync(path)) throw new UserError(`${folder} does not contain a complete backup: there is no ${NAME}.`);
  try {
    return Manifest.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new UserError(`${path} is not the manifest of a backup that this version can read.`);
  }
}

export function dataFile(folder: string, service: string, table: string): string {
  return join(folder, `${service}.${table}.copy.gz`);
}
