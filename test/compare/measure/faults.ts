import { setTimeout as delay } from 'node:timers/promises';
import type { Containers } from '../../support/infrastructure/containers.js';
import { answersOf, errorsOf, failedShare, type Trouble } from '../../support/load/open-loop.js';
import type { Platform, PlatformProcess } from '../../support/platform/platform.js';
import { allDelivered } from '../../support/platform/all-delivered.js';
import type { Sender } from '../load/sender.js';
import type { Running } from '../subjects/running.js';

/** What a killed part did to the others. */
export interface Fault {
  readonly part: string;
  /** While it was away: the part of requests that succeeded, from 0 to 1, by operation. */
  readonly working: Readonly<Record<string, number>>;
  /** Requests that were refused or failed, from the kill until all worked again. */
  readonly errors: number;
  /** Milliseconds from the kill to the first error that a client saw; undefined if none did. */
  readonly detected: number | undefined;
  /** Milliseconds from the start of the new one until the last error that a client saw; 0 if there was none. */
  readonly recovered: number;
}

const RATE = 60;
const AWAY_SECONDS = 6;
const AFTER_SECONDS = 14;
const SETTLE_MS = 2_000;

/** Kills each part in turn with SIGKILL, for six seconds, under a light load. */
export async function killEach(running: Running, containers: Containers, sender: Sender): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { name } of running.parts) {
    faults.push(await killOne(name, running, containers, sender));
    await allDelivered(running.platform);
    await delay(SETTLE_MS);
  }
  return faults;
}

async function killOne(part: string, running: Running, containers: Containers, sender: Sender): Promise<Fault> {
  const { platform, field } = running;
  const load = { field, rate: RATE };
  const own = platform.processes.find((each) => each.name === part);
  await sender.send({ ...load, seconds: 3, seed: 400 });
  if (own) process.kill(own.pid, 'SIGKILL');
  else await containers.kill(part as 'kafka');
  const away = await sender.send({ ...load, seconds: AWAY_SECONDS, seed: 401 });
  const returning = own ? platform.restart(part) : containers.revive(part as 'kafka');
  const after = await sender.send({ ...load, seconds: AFTER_SECONDS, seed: 402 });
  await returning;
  const working = Object.entries(away.operations).map(([name, answers]) => [name, 1 - failedShare(answers)]);
  const [during, later] = [answersOf(away), answersOf(after)];
  const known = (troubles: readonly Trouble[]) => troubles.map((each) => each.known);
  return {
    part,
    working: Object.fromEntries(working) as Record<string, number>,
    errors: errorsOf(during) + errorsOf(later),
    detected: during.troubles.length > 0 ? Math.min(...known(during.troubles)) : undefined,
    recovered: Math.max(0, ...known(later.troubles)),
  };
}

/** A new version of the process that has the posts, stopped and started in place under a light load. */
export interface Release {
  readonly part: string;
  /** Milliseconds from SIGTERM until the new process was ready. */
  readonly took: number;
  readonly errors: number;
}

export async function release({ platform, field }: Running, sender: Sender): Promise<Release> {
  const found = platform.processes.find(({ services }) => services.includes('posts'));
  if (!found) throw new Error('Nothing runs posts.');
  const sending = sender.send({ field, rate: RATE, seconds: AFTER_SECONDS, seed: 403 });
  await delay(SETTLE_MS);
  const begun = performance.now();
  await replaceProcess(platform, found);
  const took = performance.now() - begun;
  return { part: found.name, took, errors: errorsOf(answersOf(await sending)) };
}

/** Stops a process, and starts it again as its next version would be. */
export async function replaceProcess(platform: Platform, { name, pid }: PlatformProcess): Promise<void> {
  process.kill(pid, 'SIGTERM');
  await platform.restart(name);
}
