import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { JWK } from 'jose';
import { VerificationKeys } from './verification-keys.js';

const keyOf = (kid: string): JWK => ({
  ...(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) as JWK),
  kid,
});

describe('The keys that verify tokens', () => {
  let keys: VerificationKeys;
  let published: JWK[];
  let asked: number;
  let source: { publicKeys: () => Promise<JWK[]> };

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(() => {
    keys = new VerificationKeys();
    published = [keyOf('one')];
    asked = 0;
    source = {
      publicKeys: () => {
        asked++;
        return Promise.resolve(published);
      },
    };
  });

  afterEach(() => {
    keys.stop();
    jest.restoreAllMocks();
  });

  const later = (milliseconds: number) => {
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + milliseconds);
  };

  it('are fetched at the start, and not again for each token', async () => {
    await keys.start(source);
    await Promise.all([keys.keyOf('one'), keys.keyOf('one')]);
    expect(asked).toBe(1);
  });

  it('are fetched once for all requests with a key that is new', async () => {
    await keys.start(source);
    published = [...published, keyOf('two')];
    later(11_000);
    await Promise.all([keys.keyOf('two'), keys.keyOf('two'), keys.keyOf('two')]);
    expect(asked).toBe(2);
  });

  it('refuse a made-up key at once while they cool down', async () => {
    await keys.start(source);
    await expect(keys.keyOf('made-up')).rejects.toThrow('TOKEN_INVALID');
    await expect(keys.keyOf(undefined)).rejects.toThrow('TOKEN_INVALID');
    expect(asked).toBe(1);
  });

  it('stay usable while auth is away', async () => {
    await keys.start(source);
    source.publicKeys = () => Promise.reject(new Error('away'));
    later(11_000);
    await expect(keys.keyOf('made-up')).rejects.toThrow('TOKEN_INVALID');
    await expect(keys.keyOf('one')).resolves.toBeDefined();
  });

  it('are said to be missing, and the token not to be wrong, if there never were any', async () => {
    await keys.start({ publicKeys: () => Promise.reject(new Error('away')) });
    await expect(keys.keyOf('one')).rejects.toThrow('KEYS_UNAVAILABLE');
  });
});
