import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { metricsText } from '#telemetry';
import type { AuthSettings } from '../auth.settings.js';

let running = 0;
let most = 0;
const finish: (() => void)[] = [];
jest.unstable_mockModule('@node-rs/argon2', () => ({
  hash: (password: string) => {
    most = Math.max(most, ++running);
    return new Promise((done) =>
      finish.push(() => {
        running--;
        done(`hash of ${password}`);
      }),
    );
  },
  verify: () => Promise.resolve(true),
  Algorithm: { Argon2id: 2 },
}));
const { Passwords } = await import('./passwords.js');

describe('Passwords', () => {
  let passwords: InstanceType<typeof Passwords>;

  beforeAll(() => {
    passwords = new Passwords({ PASSWORDS_AT_ONCE: 2 } as AuthSettings);
  });

  afterAll(() => passwords.onModuleDestroy());

  const waiting = async () => Number(/^twofold_passwords_waiting (\d+)$/m.exec(await metricsText())?.[1]);
  /** Ends all that run and begin to run. */
  const finishAll = async () => {
    for (let each = finish.shift(); each; each = finish.shift()) {
      each();
      await turn();
    }
  };

  it('are hashed two at a time; the others wait, and are counted', async () => {
    const hashes = ['a', 'b', 'c', 'd'].map((password) => passwords.hash(password));
    await turn();
    // With that for unknown addresses.
    expect([running, await waiting()]).toEqual([2, 3]);
    await finishAll();
    expect(await Promise.all(hashes)).toEqual(['a', 'b', 'c', 'd'].map((password) => `hash of ${password}`));
    expect([most, await waiting()]).toEqual([2, 0]);
  });

  it('are refused while too many wait', async () => {
    const hashes = Array.from({ length: 502 }, () => passwords.hash('a'));
    await turn();
    await expect(passwords.hash('b')).rejects.toMatchObject({ definition: { code: 'UNAVAILABLE' } });
    await finishAll();
    expect(new Set(await Promise.all(hashes))).toEqual(new Set(['hash of a']));
  });
});
