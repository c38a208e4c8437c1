import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { endWithoutFailure, load, writerKnownEverywhere } from '../support/load/load.js';
import { shellBlocksOf } from '../support/guide.js';
import type { Client } from '../support/platform/client.js';
import { kubectl } from './cluster/kubectl.js';

const run = promisify(execFile);
const ROUNDS = 2;

/** Runs the runbook twice under load, from the first role to the second and back. */
export async function checkPasswordChange(api: Client): Promise<string> {
  const commands = shellBlocksOf('runbooks/change-a-database-password.md').join('');
  const writer = await writerKnownEverywhere(api);
  const headers = { authorization: `Bearer ${writer.token}`, 'content-type': 'application/json' };
  const loads = [
    load(`${api.url}/v1/users/${writer.id}`),
    load(`${api.url}/v1/users/me`, { method: 'PATCH', headers, body: JSON.stringify({ bio: 'Writes often.' }) }),
  ];
  const roles: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await run('bash', ['-euo', 'pipefail', '-c', commands], { timeout: 300_000 });
    const found = await ask(
      `select string_agg(distinct usename, ',') from pg_stat_activity where datname = 'users' and usename like 'users%'`,
    );
    roles.push(found);
  }
  const answers = await endWithoutFailure(loads);
  assert.deepEqual(roles, ['users_2', 'users']);
  assert.equal(await ask(`select rolcanlogin from pg_roles where rolname = 'users_2'`), 'f');
  return `users → ${roles.join(' → ')}: ${answers} requests, failed 0`;
}

async function ask(sql: string): Promise<string> {
  return (await kubectl('exec', 'postgres-0', '--', 'psql', '-U', 'postgres', '-tAc', sql)).trim();
}
