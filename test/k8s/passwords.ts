import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#database';
import { load, writerKnownEverywhere } from '../support/load.js';
import type { Client } from '../support/platform/client.js';
import { kubectl } from './cluster/kubectl.js';

const run = promisify(execFile);
const ROUNDS = 2;

/** Runs the runbook twice under load, from the first role to the second and back. */
export async function checkPasswordChange(api: Client): Promise<string> {
  const page = readFileSync(join(packageRoot(), 'docs/runbooks/change-a-database-password.md'), 'utf8');
  const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block).join('');
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
  const results = await Promise.all(loads.map((each) => each.end()));
  const failed = results.flatMap((each) => each.failed);
  assert.deepEqual(failed.slice(0, 10), [], `${failed.length} requests failed`);
  assert.deepEqual(roles, ['users_2', 'users']);
  assert.equal(await ask(`select rolcanlogin from pg_roles where rolname = 'users_2'`), 'f');
  return `users → ${roles.join(' → ')}: ${results.reduce((sum, { answers }) => sum + answers, 0)} requests, failed 0`;
}

async function ask(sql: string): Promise<string> {
  return (await kubectl('exec', 'postgres-0', '--', 'psql', '-U', 'postgres', '-tAc', sql)).trim();
}
