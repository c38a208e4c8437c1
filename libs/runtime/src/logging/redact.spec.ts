import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

describe('Redaction', () => {
  it.each([
    ['no account for jane.doe+x@mail.example.com', 'no account for [removed]'],
    ['connect postgres://app:s3cret@db:5432/x failed', 'connect postgres://[removed]@db:5432/x failed'],
    ['redis://:s3cret@cache', 'redis://[removed]@cache'],
    ['token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'token [removed]'],
    ['authorization: Bearer abc.def-ghi', 'authorization: Bearer [removed]'],
    ['{"password":"correct horse"}', '{"password":[removed]}'],
    ['password=s3cret, retrying', 'password=[removed], retrying'],
    ['{"refreshToken":"s3cr3t-opaque","b":1}', '{"refreshToken":[removed],"b":1}'],
    ['client_secret=abc&x=1', 'client_secret=[removed]'],
    ['PGPASSWORD=hunter2 MASTER_KEY=abcdef', 'PGPASSWORD=[removed] MASTER_KEY=[removed]'],
    ["{ password: 'hunter2 and more', n: 1 }", '{ password: [removed], n: 1 }'],
    ['{\\"password\\":\\"hunter2\\"}', '{\\"password\\":[removed]'],
    ['{"password":"a\\"b tail"}', '{"password":[removed]}'],
    ['token: "unterminated value', 'token: [removed]'],
    ['cookie: a=1; session=abcdef', 'cookie: [removed]'],
    ['postgres://u:p/ss@host:5432/db', 'postgres://[removed]@host:5432/db'],
    ['postgres://u:p@ss@host/db', 'postgres://[removed]@host/db'],
  ])('cleans %j', (text, cleaned) => {
    expect(redact(text)).toBe(cleaned);
  });

  it.each([
    'notifications.fan-out failed on posts.post.v1 019a: Error: Timed out after 1000 ms',
    'PUT /v1/users/:idOrHandle/follow 204 3 ms',
    'a mention of @jane at 12:01',
    'https://example.com/a/b?c=d',
    'TOKEN_INVALID and the token of a request',
  ])('leaves %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('takes time in proportion to a text, and cuts a long one', () => {
    for (const unit of [
      'eyJaaaaa-',
      '-eyJaaaaaa',
      'a@',
      'a.a@a.',
      'token=',
      "password='",
      'x://',
      'x://a@',
      'cookie:',
      '"',
      '\\\\',
    ]) {
      const begun = process.cpuUsage();
      const cleaned = redact(unit.repeat(100_000));
      const { user } = process.cpuUsage(begun);
      // A pattern that is quadratic takes seconds for what is left of it.
      expect([unit, user < 500_000]).toEqual([unit, true]);
      expect(cleaned.length).toBeLessThan(40_000);
    }
  });
});
