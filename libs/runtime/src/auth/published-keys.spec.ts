import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { PublishedKeys, StoredKeys } from './published-keys.js';

const key = { kid: 'one', kty: 'RSA', n: 'abc', e: 'AQAB' };

describe('Public keys from a URL', () => {
  let server: Server;
  let database: TestDatabase;
  let answer: { status: number; body: string };
  let url: string;

  beforeEach(async () => {
    database = await testDatabase('posts');
    answer = { status: 200, body: JSON.stringify({ keys: [key] }) };
    server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/.well-known/jwks.json`;
  });

  afterEach(async () => {
    server.close();
    await database.close();
  });

  /** Without state of its own, as in a process that has just started. */
  const keys = () => new StoredKeys(new PublishedKeys(url), database.database);

  it('are fetched, and read from the database after a start while the URL is unavailable', async () => {
    expect(await keys().publicKeys()).toEqual([key]);
    for (const failure of [
      { status: 503, body: '' },
      { status: 200, body: 'no JSON' },
      { status: 200, body: '{"keys":[]}' },
      { status: 200, body: '{"keys":[{"kty":"oct","k":"secret"}]}' },
    ]) {
      answer = failure;
      expect(await keys().publicKeys()).toEqual([key]);
    }
    answer = { status: 200, body: JSON.stringify({ keys: [{ ...key, kid: 'two' }] }) };
    expect(await keys().publicKeys()).toMatchObject([{ kid: 'two' }]);
    server.close();
    server.closeAllConnections();
    expect(await keys().publicKeys()).toMatchObject([{ kid: 'two' }]);
  });

  it('fail to load if the URL is unavailable and none are stored', async () => {
    answer = { status: 404, body: '' };
    await expect(keys().publicKeys()).rejects.toThrow(/returned status 404/);
  });
});
