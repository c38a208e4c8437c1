import { Client, type Person } from './client.js';
import { askOps, runOps } from './ops.js';
import type { Platform } from './platform.js';

type Shared = Pick<Platform, 'url' | 'operations' | 'operator'>;

function shared(): Shared {
  const platform = process.env['TWOFOLD_PLATFORM'];
  if (!platform) throw new Error('No platform is running: start the behaviour tests with npm test.');
  return JSON.parse(platform) as Shared;
}

/** A client of the platform that the behaviour tests share. */
export function platform(): Client {
  return new Client(platformUrl());
}

export function platformUrl(): string {
  return shared().url;
}

/** A client of each of its processes, by name, for endpoints that are not part of the public API. */
export function processes(): [string, Client][] {
  return Object.entries(shared().operations).map(([name, url]) => [name, new Client(url)]);
}

/** Runs an ops command on the platform. */
export async function asOperator(...parameters: string[]): Promise<void> {
  const { code, output } = await runOps(shared().operator, ...parameters);
  if (code !== 0) throw new Error(`ops ${parameters.join(' ')} ended with ${code}: ${output}`);
}

/** Registers an account and gives it a role by an ops command. */
export async function personWithRole(api: Client, role: 'reader' | 'editor' | 'admin', name = 'Ed'): Promise<Person> {
  const person = await api.person(name);
  await askOps(shared().operator, 'users', 'role', person.id, role);
  const refreshed = await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken });
  const { accessToken, refreshToken } = refreshed.body.data;
  return { ...person, token: accessToken, refreshToken };
}
