import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '#database';
import pg from 'pg';
import { type ArenaDatabase, settingsFor } from '../arena.js';

/** A statement as a request has sent it. */
export interface Recorded {
  /** Whose schema it is for. */
  readonly service: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Reading {
  /** Pages of 8 KiB that the statements of the request read, from memory or disk. */
  readonly buffers: number;
  /** Items of the list in the answer; 0 for one item. */
  readonly rows: number;
}

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly 'Temp Read Blocks': number;
}

/** Sends requests to a process with the services, and runs their statements again to count the buffers. */
export class BufferCounter {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly client: pg.Client,
  ) {}

  static async start(database: ArenaDatabase, publicKey: string): Promise<BufferCounter> {
    const { PATH = '', HOME = '' } = process.env;
    // Whatever a cache holds would read no buffers.
    const settings = { ...settingsFor(database), BENCH_PUBLIC_KEY: publicKey, CACHE_TTL: '0' };
    const child = fork(join(packageRoot(), 'dist/test/bench/growth/recording.program.js'), {
      env: { PATH, HOME, ...settings },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return new BufferCounter(child, url, client);
  }

  /** Throws if the answer is not 200. */
  async read(path: string, token: string | undefined): Promise<Reading> {
    const traceId = randomBytes(16).toString('hex');
    const headers = {
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    const response = await fetch(this.url + path, { headers });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text}`);
    const { data } = JSON.parse(text) as { data: unknown };
    this.child.send(traceId);
    const [statements] = (await once(this.child, 'message')) as [Recorded[]];
    let buffers = 0;
    for (const each of statements) buffers += await this.buffersOf(each);
    return { buffers, rows: Array.isArray(data) ? data.length : 0 };
  }

  async stop(): Promise<void> {
    await this.client.end();
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  private async buffersOf({ service, text, values }: Recorded): Promise<number> {
    if (!/^\s*(select|with)\b/i.test(text)) return 0;
    await this.client.query(`set search_path to ${service}`);
    const explain = `explain (analyze, buffers, timing off, format json) ${text}`;
    const { rows } = await this.client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain, [...values]);
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    if (!plan) throw new Error(`There is no plan of ${text}`);
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] + plan['Temp Read Blocks'];
  }
}
