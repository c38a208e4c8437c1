import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Client } from '../support/client.js';
import { temporaryDataFolder } from '../support/data-folder.js';
import { judge, keysAcrossKills } from './checker.js';
import { letWrite, type World } from './clients.js';
import { History } from './history.js';
import type { Plan } from './plan.js';
import { leftIn, stateOf } from './state.js';
import { Supervisor } from './supervisor.js';
import { countsOf, type Verdict } from './verdict.js';

export interface RunOptions {
  readonly plan: Plan;
  /** Settings of the process beside the usual ones. */
  readonly settings?: Record<string, string>;
  /** A database to use instead of an embedded one. */
  readonly databaseUrl?: string;
  /** How long everything may take to arrive after the last write. */
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

/** Starts the process, lets the clients write while it is killed, waits until everything has arrived, and judges. */
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
    await supervisor.open();
    const client = new pg.Client({ connectionString: databaseUrl ?? embeddedUrl(folder.path) });
    await client.connect();
    const settled = await settle(client, settleMs);
    await supervisor.open();
    const state = await stateOf(client);
    await client.end();
    const { kills } = supervisor;
    await supervisor.stop();
    return {
      seed: plan.seed,
      history,
      verdict: judge(history, state),
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
  const onAnswer = () => {
    answered++;
    const [next] = due;
    if (!next || answered < next.after) return;
    due.shift();
    supervisor.kill(next.database);
  };
  const world: World = {
    api: new Client(supervisor.url),
    history,
    open: () => supervisor.open(),
    onAnswer,
    accounts: [],
  };
  await letWrite(plan, world);
  return history;
}

const LOOK_AGAIN_MS = 50;

async function settle(client: pg.Client, settleMs: number): Promise<boolean> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    if ((await leftIn(client)).length === 0) return true;
    if (performance.now() > deadline) return false;
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }
}

/** The address of the embedded server that runs in a data folder. */
function embeddedUrl(folder: string): string {
  const port = readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[3];
  const secret = readFileSync(join(folder, 'postgres.secret'), 'utf8');
  return `postgresql://twofold:${secret}@127.0.0.1:${port}/twofold`;
}
