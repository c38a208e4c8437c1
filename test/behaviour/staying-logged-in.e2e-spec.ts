import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { Client, type Person } from '../support/platform/client.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';
import { platform, platformUrl } from '../support/platform/story.js';

const api = platform();
const refresh = (refreshToken: string, at = api) => at.post('/v1/auth/refresh', { refreshToken });

describe('Logging in', () => {
  let person: Person;

  beforeAll(async () => {
    person = await api.person();
  });

  it('returns tokens for the correct password', async () => {
    const reply = await api.post('/v1/auth/login', { email: person.email, password: person.password });
    expect(reply.status).toBe(200);
    expect(reply.body.data.accountId).toBe(person.id);
    expect((await api.get('/v1/users/me', { token: reply.body.data.accessToken })).status).toBe(200);
  });

  it('responds identically to a wrong password and to an unknown e-mail address, except for the trace id', async () => {
    const wrong = await api.post('/v1/auth/login', { email: person.email, password: 'not the password' });
    const unknown = await api.post('/v1/auth/login', { email: 'nobody@example.com', password: 'not the password' });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.body.code).toBe('INVALID_CREDENTIALS');
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    const withoutTrace = (text: string, traceId: string) => text.replace(traceId, '');
    expect(withoutTrace(wrong.text, wrong.body.traceId)).toBe(withoutTrace(unknown.text, unknown.body.traceId));
  });

  it('issues access tokens that verify with the published keys', async () => {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', platformUrl()));
    const { payload, protectedHeader } = await jwtVerify(person.token, keys, {
      issuer: 'twofold',
      audience: 'twofold',
      typ: 'at+jwt',
    });
    expect(payload.sub).toBe(person.id);
    expect(payload['role']).toBe('author');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect(protectedHeader.alg).toBe('RS256');
    const jwks = await api.get('/.well-known/jwks.json');
    expect(jwks.text).not.toContain('"d"');
  });
});

describe('A refresh token', () => {
  it('is exchanged for a new pair of tokens', async () => {
    const person = await api.person();
    const reply = await refresh(person.refreshToken);
    expect(reply.status).toBe(200);
    expect(reply.body.data.refreshToken).not.toBe(person.refreshToken);
    expect(reply.body.data.accountId).toBe(person.id);
    expect((await refresh(reply.body.data.refreshToken)).status).toBe(200);
  });

  it('has the same successor for concurrent requests', async () => {
    const person = await api.person();
    const replies = await Promise.all([1, 2, 3, 4].map(() => refresh(person.refreshToken)));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
    expect(new Set(replies.map((reply) => reply.body.data.refreshToken)).size).toBe(1);
  });

  it('is rejected after log-out', async () => {
    const person = await api.person();
    expect((await api.post('/v1/auth/logout', undefined, { token: person.token })).status).toBe(204);
    const reply = await refresh(person.refreshToken);
    expect([reply.status, reply.body.code]).toEqual([401, 'REFRESH_TOKEN_INVALID']);
  });

  it('that was never issued is rejected', async () => {
    const reply = await refresh('never issued');
    expect([reply.status, reply.body.code]).toEqual([401, 'REFRESH_TOKEN_INVALID']);
  });
});

describe('With REFRESH_GRACE=0 and ACCESS_TOKEN_TTL=0', () => {
  let own: Platform;
  let strict: Client;

  beforeAll(async () => {
    own = await startPlatform({ REFRESH_GRACE: '0', ACCESS_TOKEN_TTL: '0' });
    strict = new Client(own.url);
  });

  afterAll(async () => {
    await own.stop();
  });

  it('a reused refresh token ends its session, and no other session', async () => {
    const person = await strict.person();
    const other = await strict.post('/v1/auth/login', { email: person.email, password: person.password });
    const next = await refresh(person.refreshToken, strict);
    const stolen = await refresh(person.refreshToken, strict);
    expect([stolen.status, stolen.body.code]).toEqual([401, 'REFRESH_TOKEN_REUSED']);
    const successor = await refresh(next.body.data.refreshToken, strict);
    expect([successor.status, successor.body.code]).toEqual([401, 'REFRESH_TOKEN_INVALID']);
    expect((await refresh(other.body.data.refreshToken, strict)).status).toBe(200);
  });

  it('an expired access token is rejected', async () => {
    const person = await strict.person();
    const reply = await strict.get('/v1/users/me', { token: person.token });
    expect([reply.status, reply.body.code]).toEqual([401, 'TOKEN_INVALID']);
    expect(reply.body.detail).toBe('The token has expired.');
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });
});

describe('A route that needs an account', () => {
  let person: Person;

  beforeAll(async () => {
    person = await api.person();
  });

  const me = (authorization: string) => api.get('/v1/users/me', { headers: { authorization } });

  it('rejects a request without a token', async () => {
    const reply = await api.get('/v1/users/me');
    expect([reply.status, reply.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('rejects a header that is not a bearer token', async () => {
    for (const header of ['Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer not.a.token', `Token ${person.token}`]) {
      expect([(await me(header)).status, header]).toEqual([401, header]);
    }
  });

  it('rejects forged and foreign tokens', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const claims = { role: 'admin', sid: person.id };
    const { kid } = decodeProtectedHeader(person.token);
    const foreign = (alg: string, key: Parameters<SignJWT['sign']>[0], keyId = kid) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg, typ: 'at+jwt', ...(keyId ? { kid: keyId } : {}) })
        .setSubject(person.id)
        .setIssuer('twofold')
        .setAudience('twofold')
        .setExpirationTime('1h')
        .sign(key);
    const [header = '', payload = '', signature = ''] = person.token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
    const promoted = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('author', 'editor')).toString(
      'base64url',
    );
    const secret = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    const forged = [
      await foreign('RS256', privateKey),
      await foreign('RS256', privateKey, 'unknown'),
      await foreign('HS256', secret),
      unsigned,
      `${header}.${promoted}.${signature}`,
    ];
    for (const token of forged) {
      const reply = await me(`Bearer ${token}`);
      expect([reply.status, reply.body.code]).toEqual([401, 'TOKEN_INVALID']);
    }
  });

  it('rejects an invalid token, and so does a public route', async () => {
    expect((await api.get('/v1/posts', { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  });
});
