import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageRoot } from '#database';
import { eventually } from '../support/eventually.js';
import { shellBlocksOf } from '../support/guide.js';
import type { Client } from '../support/platform/client.js';

const run = promisify(execFile);
const TIMEOUT_MS = 240_000;
const AFTERWARDS = 50;

/** Runs the runbook while clients log in, and use the token in each service, until tokens of the new key have been used often. */
export async function checkKeyRotation(api: Client): Promise<string> {
  const commands = shellBlocksOf('runbooks/rotate-the-signing-key.md').join('');
  const person = await api.person('Keys');
  const old = keyOf(person.token);
  const failed: string[] = [];
  const signed = new Map<string, number>();
  let ending = false;
  const use = async (token: string) => {
    for (const path of ['/v1/users/me', '/v1/notifications', '/v1/feed', '/v1/auth/sessions']) {
      const { status } = await api.get(path, { token });
      if (status !== 200) failed.push(`${path} answered ${status} to a token of ${keyOf(token)}`);
    }
  };
  const clients = Promise.all(
    [1, 2].map(async () => {
      let refreshToken = (await api.post('/v1/auth/login', { email: person.email, password: person.password })).body
        .data.refreshToken;
      while (!ending) {
        const refreshed = await api.post('/v1/auth/refresh', { refreshToken });
        if (refreshed.status !== 200) throw new Error(`A refresh was answered with ${refreshed.status}.`);
        refreshToken = refreshed.body.data.refreshToken;
        const { accessToken } = refreshed.body.data;
        await use(accessToken);
        signed.set(keyOf(accessToken), (signed.get(keyOf(accessToken)) ?? 0) + 1);
      }
    }),
  );
  await run('bash', ['-euo', 'pipefail', '-c', commands], { cwd: packageRoot() });
  const ofNew = () => [...signed].filter(([key]) => key !== old).reduce((sum, [, count]) => sum + count, 0);
  await Promise.race([
    clients,
    eventually('the new key signs', () => Promise.resolve(ofNew() >= AFTERWARDS), TIMEOUT_MS),
  ]);
  await use(person.token);
  ending = true;
  await clients;
  assert.deepEqual(failed.slice(0, 10), []);
  assert.equal(signed.size, 2);
  return `${signed.get(old)} tokens of the old key, ${ofNew()} of the new, 4 requests each, failed 0`;
}

function keyOf(token: string): string {
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
  return header.kid;
}
