import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#database';
import { shellBlocksOf } from '../support/guide.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { eventually } from '../support/eventually.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';

const DONE = 'block done';

/** The commands of docs/guides/break-it.md, block after block in one shell, as a reader pastes them. */
describe('The guide to breaking it', () => {
  const data = temporaryDataFolder();
  const work = mkdtempSync(join(tmpdir(), 'twofold-breaking-'));
  const blocks = shellBlocksOf('guides/break-it.md');
  let monolith: RunningProcess;
  let shell: ReturnType<typeof spawn>;
  let output = '';

  const start = (port = '0') => startMonolith({ DATA_DIR: data.path, PORT: port });
  /** Runs a block to its end, and returns what it has printed. */
  async function paste(block = ''): Promise<string> {
    output = '';
    shell.stdin?.write(`${block}\nprintf '\\n${DONE}\\n'\n`);
    await eventually(`the block ends after ${output}`, () => Promise.resolve(output.includes(DONE)), 60_000);
    return output;
  }

  beforeAll(async () => {
    monolith = await start();
    symlinkSync(join(packageRoot(), 'node_modules'), join(work, 'node_modules'));
    shell = spawn('bash', { cwd: work, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    for (const stream of [shell.stdout, shell.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
    const [definitions = ''] = blocks;
    await paste(definitions.replace('http://127.0.0.1:3000', monolith.url).replace('data=.data', `data=${data.path}`));
  });

  afterAll(async () => {
    // A block that failed may still be waiting.
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
    await once(shell, 'close');
    await monolith.stop();
    await data.remove();
    rmSync(work, { recursive: true });
  });

  it('kills it during writes: every answered post is there, with one notification after the next start', async () => {
    const [, kill] = blocks;
    const shown = await paste(kill);
    const answered = readFileSync(join(work, 'answered.txt'), 'utf8').trim().split('\n').length;
    expect(answered).toBeGreaterThanOrEqual(20);
    expect(answered).toBeLessThan(300);
    expect(shown).toMatch(new RegExp(`^${answered}$`, 'm'));
    const [, posts] = /│ 0 +│ '(\d+)' +│/.exec(shown) ?? [];
    expect([answered, answered + 1]).toContain(Number(posts));
    monolith = await start(new URL(monolith.url).port);
    await eventually('each post has a notification', async () =>
      new RegExp(`│ 0 +│ '${posts}' +│ '0' +│ '${posts}' +│`).test(await paste('sql "$look"')),
    );
  });

  it('makes a handler fail: the second event of the key waits, and one notification arrives after the repair', async () => {
    const [, , broken, repaired] = blocks;
    const parked = await paste(broken);
    expect(parked).toMatch(/'notifications.fan-out' +│ '1' +│ [2-9] .*\n.*'notifications.fan-out' +│ '3' +│ 0 /);
    const { data: received } = JSON.parse(
      (await paste(repaired)).split('\n').find((line) => line.startsWith('{"data"')) ?? '{}',
    );
    expect(received).toMatchObject([
      { subject: { title: 'Parked' } },
      { subject: { title: expect.stringContaining('Kill') } },
    ]);
  });
});
