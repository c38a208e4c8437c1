import { type Arena, settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { loadedSide } from '../loaded-side.js';
import { Load, requestBytes } from '../load.js';
import { startSide } from '../side-process.js';
import { password } from '../sides/shared/password.js';

/** The number of threads that Node has for such work. */
const CONCURRENCY = 4;
const account = { email: 'ada@example.com', password };

export async function logIn(arena: Arena): Promise<Contest> {
  return { limit: await startSide('bare-argon2', {}), ours: await loggingInSide(arena) };
}

async function loggingInSide(arena: Arena): Promise<Side> {
  const database = await arena.database(['auth']);
  const limits = { LOGINS_PER_MINUTE: '1000000' };
  const server = await startSide('twofold-auth', { ...settingsFor(database), ...limits });
  const load = new Load(server.url, CONCURRENCY);
  const registration = requestBytes('POST', '/v1/auth/register', undefined, { ...account, displayName: 'Ada' });
  await load.run(1, () => registration, 201);
  const request = requestBytes('POST', '/v1/auth/login', undefined, account);
  return loadedSide(server, load, () => request, 200);
}
