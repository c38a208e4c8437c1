import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { JWK } from 'jose';
import { VerificationKeys } from './verification-keys.js';

const keyOf = (kid: string): JWK => ({
  ...(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) as JWK),
  kid,
});

describe('The keys that verify access tokens', () => {
  let keys: VerificationKeys;
  let published: JWK[];
  let fetches: number;
  let source: { publicKeys: () => Promise<JWK[]> };

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(() => {
    keys = new VerificationKeys();
    published = [keyOf('one')];
    fetches = 0;
    source = {
      publicKeys: () => {
        fetches++;
        return Promise.resolve(published);
      },
    };
  });

  afterEach(() => {
    keys.stop();
    jest.restoreAllMocks();
  });

  const advanceClock = (milliseconds: number) => {
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + milliseconds);
  };

  it('are fetched at start, and not again for each token', async () => {
    await keys.start(source);
    await Promise.all([keys.keyOf('one'), keys.keyOf('one')]);
    expect(fetches).toBe(1);
  });

  it('are fetched once for all concurrent requests with a new key', async () => {
    await keys.start(source);
    published = [...published, keyOf('two')];
    advanceClock(11_000);
    await Promise.all([keys.keyOf('two'), keys.keyOf('two'), keys.keyOf('two')]);
    expect(fetches).toBe(2);
  });

  it('are not fetched again for an unknown key during the cool-down', async () => {
    await keys.start(source);
    await expect(keys.keyOf('made-up')).rejects.toThrow('TOKEN_INVALID');
    await expect(keys.keyOf(undefined)).rejects.toThrow('TOKEN_INVALID');
    expect(fetches).toBe(1);
  });

  it('stay usable while auth is unavailable', async () => {
    await keys.start(source);
    source.publicKeys = () => Promise.reject(new Error('away'));
    advanceClock(11_000);
    await expect(keys.keyOf('made-up')).rejects.toThrow('TOKEN_INVALID');
    await expect(keys.keyOf('one')).resolves.toBeDefined();
  });

  it('that were never loaded cause KEYS_UNAVAILABLE, not TOKEN_INVALID', async () => {
    await keys.start({ publicKeys: () => Promise.reject(new Error('away')) });
    await expect(keys.keyOf('one')).rejects.toThrow('KEYS_UNAVAILABLE');
  });
});
