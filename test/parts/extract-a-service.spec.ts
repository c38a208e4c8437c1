import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, packageRoot } from '#database';
import { Client, type Person } from '../support/platform/client.js';
import { emptyDatabase } from '../support/database/database.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { eventually } from '../support/eventually.js';
import { startMonolith } from '../support/platform/monolith.js';
import { ownParts, partsOfThisRun } from '../support/infrastructure/parts.js';

const GUIDE = 'docs/guides/extract-a-service.md';

/** The shell blocks of the guide, with its ports and addresses replaced by those of this test. */
function blocks(ports: readonly [number, number], kafka: string, redis: string): string[] {
  const guide = readFileSync(join(packageRoot(), GUIDE), 'utf8');
  return [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block
      .replaceAll('3000', String(ports[0]))
      .replaceAll('3001', String(ports[1]))
      .replace('127.0.0.1:9092', kafka)
      .replace('redis://127.0.0.1:6379', redis),
  );
}

/** A shell that keeps its state from block to block, as for a reader of the guide. */
class Shell {
  private readonly bash: ChildProcess;
  private output = '';
  private count = 0;

  constructor(settings: Record<string, string>) {
    const { PATH = '', HOME = '' } = process.env;
    this.bash = spawn('bash', ['-u'], {
      cwd: packageRoot(),
      env: { PATH, HOME, ...settings },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.bash.stdout, this.bash.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  async run(block: string): Promise<void> {
    const done = `done ${++this.count}`;
    this.bash.stdin?.write(`${block}\necho ${done}\n`);
    await eventually(`the shell has run block ${this.count}`, () => {
      if (this.bash.exitCode !== null) throw new Error(this.output);
      return Promise.resolve(this.output.includes(done));
    });
  }

  /** Stops the processes that the blocks have started. Returns the output. */
  async end(): Promise<string> {
    if (this.bash.exitCode === null) {
      this.bash.stdin?.end('kill $(jobs -p) 2>/dev/null; wait\n');
      await once(this.bash, 'close');
    }
    return this.output;
  }
}

describe('The guide to extracting a service', () => {
  const data = temporaryDataFolder();
  const ports: [number, number] = [0, 0];
  let shell: Shell;
  let steps: string[];
  let author: Person;
  let reader: Person;
  const monolith = () => new Client(`http://127.0.0.1:${ports[0]}`);

  beforeAll(async () => {
    const parts = partsOfThisRun();
    if (!parts) throw new Error('This test needs containers: run npm run test:containers.');
    ports[0] = await freePort();
    ports[1] = await freePort();
    const { settings } = await ownParts(parts);
    const monolithDatabase = await emptyDatabase();
    const { KAFKA_NAMESPACE = '', REDIS_NAMESPACE = '' } = settings;
    steps = blocks(ports, parts.kafka, parts.redis);
    const env = { PORT: String(ports[0]), DATA_DIR: data.path, DATABASE_URL: monolithDatabase, RATE_LIMIT: 'off' };
    const newDatabase = settings['NOTIFICATIONS_DATABASE_URL'] ?? '';
    shell = new Shell({ ...env, KAFKA_NAMESPACE, REDIS_NAMESPACE, NEW_DATABASE_URL: newDatabase, LOG_LEVEL: 'warn' });
    // The monolith before the extraction: one process, and no broker.
    const before = await startMonolith(env);
    [author, reader] = [await monolith().person('Author'), await monolith().person('Reader')];
    await monolith().put(`/v1/users/${author.id}/follow`, { token: reader.token });
    await publish('before');
    await notified(monolith(), 1);
    await before.stop();
  }, 120_000);

  afterAll(async () => {
    await shell.end();
    rmSync(join(packageRoot(), 'notifications-moves'), { recursive: true, force: true });
    await data.remove();
  });

  const publish = async (title: string) => {
    const reply = await monolith().post(
      '/v1/posts',
      { title, body: 'B', status: 'published' },
      { token: author.token },
    );
    expect(reply.status).toBe(201);
  };
  const ready = (port: number) =>
    eventually(`port ${port} answers`, () =>
      fetch(`http://127.0.0.1:${port}/health/startup`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  const notified = (api: Client, times: number) =>
    eventually(`${times} notifications of posts are there`, async () => {
      const { status, body } = await api.get('/v1/notifications', { token: reader.token });
      // A process that has just started may not have fetched the public keys yet.
      return status === 200 && body.data.filter(({ type }) => type === 'post.published').length === times;
    });

  it('loses and repeats no event, step by step', async () => {
    const [topics, start, move, apart, look] = steps as [string, string, string, string, string];
    await shell.run(topics);
    await shell.run(start);
    await ready(ports[0]);
    await publish('through Kafka');
    await notified(monolith(), 2);
    await shell.run(move);
    await shell.run(apart);
    await ready(ports[0]);
    await ready(ports[1]);
    const extracted = new Client(`http://127.0.0.1:${ports[1]}`);
    await notified(extracted, 2);
    await publish('apart');
    await notified(extracted, 3);
    expect((await monolith().get('/v1/notifications', { token: reader.token })).status).toBe(404);
    await shell.run(look);
    expect(await shell.end()).toMatch(/posts\.post/);
  }, 120_000);
});
