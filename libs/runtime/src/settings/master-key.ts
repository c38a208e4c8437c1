import { hash, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '#database';
import type { ServiceDefinition } from '../service/service-definition.js';
import type { RuntimeSettings } from './settings.js';

export function masterKeyErrors(services: readonly ServiceDefinition[], settings: RuntimeSettings): string[] {
  const needed = settings.APP_ENV === 'production' && services.some((service) => service.usesMasterKey);
  return needed && !settings.MASTER_KEY ? ['MASTER_KEY: is required when APP_ENV is production'] : [];
}

/** In development the master key is generated once and stored in the data folder, for all processes that share it. */
export function withMasterKey<Settings extends RuntimeSettings>(
  settings: Settings,
  services: readonly ServiceDefinition[],
  dataFolder: string,
): Settings {
  if (settings.MASTER_KEY || !services.some((service) => service.usesMasterKey)) return settings;
  const path = masterKeyFile(dataFolder);
  try {
    if (!existsSync(path)) makeOnce(path, dataFolder);
    return { ...settings, MASTER_KEY: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    throw new UserError(
      `MASTER_KEY is not set, and none can be stored in ${dataFolder}: ${(error as Error).message}. Set MASTER_KEY, or correct DATA_DIR.`,
    );
  }
}

/** Tells keys apart, and reveals nothing of them. */
export interface KeyDescription {
  readonly fingerprint: string;
  /** Where the key is stored, if it is not a setting. */
  readonly file?: string;
}

/** The key of these settings; undefined without one. */
export function describeMasterKey({ MASTER_KEY: key, DATA_DIR }: RuntimeSettings): KeyDescription | undefined {
  if (!key) return undefined;
  const file = resolve(masterKeyFile(DATA_DIR));
  const isStored = existsSync(file) && readFileSync(file, 'utf8').trim() === key;
  const fingerprint = hash('sha256', `fingerprint ${key.toLowerCase()}`, 'hex').slice(0, 16);
  return { fingerprint, ...(isStored ? { file } : {}) };
}

/** Where a process stores the key that it generates. */
export function masterKeyFile(dataFolder: string): string {
  return join(dataFolder, 'master.key');
}

/** If several processes create the file at the same time, the first wins, and none reads an incomplete file. */
function makeOnce(path: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, randomBytes(32).toString('hex'), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
