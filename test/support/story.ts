import { Client, type Person } from './client.js';
import { askOps, runOps } from './ops.js';
import type { Platform } from './platform.js';

type Shared = Pick<Platform, 'url' | 'operations' | 'operator'>;

function shared(): Shared {
  const platform = process.env['TWOFOLD_PLATFORM'];
  if (!platform) throw new Error('No platform runs: start the stories with npm test.');
  return JSON.parse(platform) as Shared;
}

/** The platform that the stories are told of. */
export function platform(): Client {
  return new Client(platformUrl());
}

export function platformUrl(): string {
  return shared().url;
}

/** Each of its processes, by name: for what is asked of a process, and not of the platform. */
export function processes(): [string, Client][] {
  return Object.entries(shared().operations).map(([name, url]) => [name, new Client(url)]);
}

/** Runs an operator's command on the platform. */
export async function asOperator(...parameters: string[]): Promise<void> {
  const { code, output } = await runOps(shared().operator, ...parameters);
  if (code !== 0) throw new Error(`ops ${parameters.join(' ')} ended with ${code}: ${output}`);
}

/** A new person with another role than that of everybody; an operator gives it. */
export async function personWithRole(api: Client, role: 'reader' | 'editor' | 'admin', name = 'Ed'): Promise<Person> {
  const person = await api.person(name);
  await askOps(shared().operator, 'users', 'role', person.id, role);
  const refreshed = await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken });
  const { accessToken, refreshToken } = refreshed.body.data;
  return { ...person, token: accessToken, refreshToken };
}
