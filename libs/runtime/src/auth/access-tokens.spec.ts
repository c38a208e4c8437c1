import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type JWK, SignJWT } from 'jose';
import { AccessTokens, tokenProfile } from './access-tokens.js';
import { VerificationKeys } from './verification-keys.js';

const LIFETIME_S = 900;

describe('Access tokens', () => {
  let keys: VerificationKeys;
  let tokens: AccessTokens;
  let signing: { publicKey: KeyObject; privateKey: KeyObject };
  let published: JWK[];

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(async () => {
    signing = generateKeyPairSync('rsa', { modulusLength: 2048 });
    published = [{ ...(signing.publicKey.export({ format: 'jwk' }) as JWK), kid: 'one' }];
    keys = new VerificationKeys();
    tokens = new AccessTokens(keys);
    await keys.start({ publicKeys: () => Promise.resolve(published) });
  });

  afterEach(() => {
    keys.stop();
    jest.restoreAllMocks();
  });

  const { typ, iss, aud, alg } = tokenProfile;
  const sign = (lifetime = LIFETIME_S) => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ role: 'author', sid: randomUUID() })
      .setProtectedHeader({ alg, typ, kid: 'one' })
      .setSubject(randomUUID())
      .setIssuer(iss)
      .setAudience(aud)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .sign(signing.privateKey);
  };

  it('are verified once', async () => {
    const verified = jest.spyOn(crypto.subtle, 'verify');
    const [token, other] = [await sign(), await sign()];
    const claims = await tokens.verify(token);
    expect(await tokens.verify(token)).toEqual(claims);
    expect(verified).toHaveBeenCalledTimes(1);
    expect(await tokens.verify(other)).not.toEqual(claims);
    expect(verified).toHaveBeenCalledTimes(2);
  });

  it('are refused once they have expired, although they were verified', async () => {
    const token = await sign();
    await tokens.verify(token);
    const end = Date.now() + LIFETIME_S * 1_000;
    jest.useFakeTimers({ now: end, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout'] });
    await expect(tokens.verify(token)).rejects.toThrow('TOKEN_INVALID');
    jest.useRealTimers();
    expect(await tokens.verify(token)).toMatchObject({ role: 'author' });
  });

  it('are refused once their key is no longer published, although they were verified', async () => {
    const token = await sign();
    await tokens.verify(token);
    published = [];
    await keys.start({ publicKeys: () => Promise.resolve(published) });
    await expect(tokens.verify(token)).rejects.toThrow('TOKEN_INVALID');
  });

  it('with a changed signature are refused, although the original was verified', async () => {
    const token = await sign();
    await tokens.verify(token);
    const [header, payload, signature = ''] = token.split('.');
    const changed = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    await expect(tokens.verify([header, payload, changed].join('.'))).rejects.toThrow('TOKEN_INVALID');
  });
});
