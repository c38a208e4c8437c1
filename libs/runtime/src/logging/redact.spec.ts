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
  ])('cleans %j', (text, cleaned) => {
    expect(redact(text)).toBe(cleaned);
  });

  it.each([
    'notifications.fan-out failed on posts.post.v1 019a: Error: Timed out after 1000 ms',
    'PUT /v1/users/:idOrHandle/follow 204 3 ms',
    'a mention of @jane at 12:01',
  ])('leaves %j', (text) => {
    expect(redact(text)).toBe(text);
  });
});
