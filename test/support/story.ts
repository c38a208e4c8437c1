import { Client, type Person } from './client.js';
import { askOps } from './ops.js';

/** The platform that the stories are told of. */
export function platform(): Client {
  return new Client(platformUrl());
}

export function platformUrl(): string {
  const url = process.env['TWOFOLD_URL'];
  if (!url) throw new Error('No platform runs: start the stories with npm test.');
  return url;
}

/** A new person with another role than that of everybody; an operator gives it. */
export async function personWithRole(api: Client, role: 'reader' | 'editor' | 'admin', name = 'Ed'): Promise<Person> {
  const person = await api.person(name);
  await askOps(process.env['TWOFOLD_DATA_DIR'] ?? '', 'users', 'role', person.id, role);
  const refreshed = await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken });
  const { accessToken, refreshToken } = refreshed.body.data;
  return { ...person, token: accessToken, refreshToken };
}
