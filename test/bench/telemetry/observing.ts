import { setTimeout as delay } from 'node:timers/promises';
import { serviceNames } from '#contracts';
import { type Arena, settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { cpuOfThreads } from '../cpu.js';
import { startServer } from '../server-process.js';
import { startSide } from '../side-process.js';
import type { Way } from './ways.js';
import { readMetrics, type Work } from './work.js';

/** Longer than the exporter keeps spans: sending the last ones is a part of the cost, too. */
const EXPORTED_MS = 1_200;

/** A monolith, the way in which it is observed, and the work that it does. */
export interface Observed {
  readonly way: Way;
  readonly work: Work;
}

export async function observing(arena: Arena, limit: Observed, ours: Observed): Promise<Contest> {
  const collector = await startSide('collector', {});
  const side = await observedSide(arena, ours, collector.url);
  return { limit: await observedSide(arena, limit, collector.url), ours: withCollector(side, collector) };
}

/** A side with which its collector is stopped. */
export function withCollector(side: Side, collector: { stop(): Promise<void> }): Side {
  const stop = async () => {
    await side.stop();
    await collector.stop();
  };
  return { ...side, stop };
}

async function observedSide(arena: Arena, { way, work }: Observed, collector: string): Promise<Side> {
  const database = await arena.database(serviceNames);
  const settings = { ...settingsFor(database), ...work.settings, ...way.settings(collector) };
  const { url, pid, stop } = await startServer(way.program, settings);
  // The first reading begins the observation of the event loop and of garbage collections, which then goes on.
  if (way.hasMetrics) await readMetrics(url);
  const begun = await work.begin(url, database);
  let exported = Promise.resolve();
  return {
    ...begun,
    run: async (operations) => {
      await begun.run(operations);
      exported = delay(EXPORTED_MS);
    },
    cpu: async () => {
      await exported;
      return cpuOfThreads(pid);
    },
    stop: async () => {
      await begun.stop();
      await stop();
    },
  };
}
