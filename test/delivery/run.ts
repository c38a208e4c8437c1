import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Client } from '../support/platform/client.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { findViolations, keysAcrossKills } from './checking/checker.js';
import { runClients, type ClientContext } from './clients.js';
import { History } from './checking/history.js';
import type { Plan } from './plan.js';
import { undeliveredIn, stateOf } from './checking/state.js';
import { Supervisor } from './supervisor.js';
import { countsOf, type Verdict } from './checking/verdict.js';

export interface RunOptions {
  readonly plan: Plan;
  /** Additional settings of the process. */
  readonly settings?: Record<string, string>;
  /** A database to use instead of an embedded one. */
  readonly databaseUrl?: string;
  /** Time limit for the delivery of all events after the last write, in milliseconds. */
  readonly settleMs: number;
}

export interface Report {
  readonly seed: number;
  readonly history: History;
  readonly verdict: Verdict;
  readonly kills: number;
  readonly redelivered: number;
  readonly keysAcrossKills: number;
  readonly settled: boolean;
}

/**
 * Starts the process, runs the clients while it is killed, waits until all events are delivered, and checks the result.
 */
export async function run({ plan, settings = {}, databaseUrl, settleMs }: RunOptions): Promise<Report> {
  const folder = temporaryDataFolder();
  const supervisor = await Supervisor.start({
    DATA_DIR: folder.path,
    RELAY_LOOPS: '3',
    LOG_LEVEL: 'error',
    ...settings,
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
  });
  try {
    const history = await write(plan, supervisor);
    await supervisor.whenRunning();
    const client = new pg.Client({ connectionString: databaseUrl ?? embeddedUrl(folder.path) });
    await client.connect();
    const settled = await settle(client, settleMs);
    await supervisor.whenRunning();
    const state = await stateOf(client);
    await client.end();
    const { kills } = supervisor;
    await supervisor.stop();
    return {
      seed: plan.seed,
      history,
      verdict: findViolations(history, state),
      kills: kills.length,
      redelivered: state.redelivered,
      keysAcrossKills: keysAcrossKills(state, kills),
      settled,
    };
  } finally {
    await supervisor.abandon();
    await folder.remove();
  }
}

export function lineOf({ seed, history, verdict, kills, redelivered }: Report): string {
  const counts = countsOf(history, verdict, `kills=${kills} redelivered=${redelivered}`);
  return `delivery: topology=monolith ${counts} seed=${seed}`;
}

async function write(plan: Plan, supervisor: Supervisor): Promise<History> {
  const history = new History();
  let answered = 0;
  const due = [...plan.kills];
  const onResponse = () => {
    answered++;
    const [next] = due;
    if (!next || answered < next.after) return;
    due.shift();
    supervisor.kill(next.database);
  };
  const context: ClientContext = {
    api: new Client(supervisor.url),
    history,
    whenRunning: () => supervisor.whenRunning(),
    onResponse,
    accounts: [],
  };
  await runClients(plan, context);
  return history;
}

const POLL_INTERVAL_MS = 50;

async function settle(client: pg.Client, settleMs: number): Promise<boolean> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    if ((await undeliveredIn(client)).length === 0) return true;
    if (performance.now() > deadline) return false;
    await new Promise((done) => setTimeout(done, POLL_INTERVAL_MS));
  }
}

/** The address of the embedded server that runs in a data folder. */
function embeddedUrl(folder: string): string {
  const port = readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[3];
  const secret = readFileSync(join(folder, 'postgres.secret'), 'utf8');
  return `postgresql://twofold:${secret}@127.0.0.1:${port}/twofold`;
}
