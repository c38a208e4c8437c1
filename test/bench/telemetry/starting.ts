import { serviceNames } from '#contracts';
import { type Arena, settingsFor } from '../arena.js';
import { restartedSide, startingSide } from '../contests/start.js';
import type { Contest, Side } from '../contest.js';
import { startSide } from '../side-process.js';
import { traced, type Way, without } from './ways.js';
import { type Observed, withCollector } from './observing.js';

/** Starts with traces off, and in this way. Metrics and log are the same on both sides. */
export async function starting(arena: Arena, way: Way): Promise<Contest> {
  const collector = await startSide('collector', {});
  const side = (each: Way) => startingSide(traced, arena, { ...each.settings(collector.url), LOG_LEVEL: 'warn' });
  const ours = await side(way);
  return { limit: await side(without), ours: withCollector(ours, collector) };
}

/** The settings with which the image bounds memory. */
const image = { NODE_OPTIONS: '--max-semi-space-size=4', MALLOC_ARENA_MAX: '2' };

/**
 * Memory after work. A new process for each run: how far a heap has grown differs from process to process, and would be the
 * same in all rounds of one.
 */
export async function remembering(arena: Arena, limit: Observed, ours: Observed): Promise<Contest> {
  const collector = await startSide('collector', {});
  return {
    limit: await workingSide(arena, limit, collector.url),
    ours: withCollector(await workingSide(arena, ours, collector.url), collector),
  };
}

async function workingSide(arena: Arena, { way, work }: Observed, collector: string): Promise<Side> {
  const database = await arena.database(serviceNames);
  const settings = { ...settingsFor(database), ...work.settings, ...way.settings(collector), ...image };
  return restartedSide(way.program, settings, async (url, operations) => {
    const begun = await work.begin(url, database);
    await begun.reset?.();
    await begun.run(operations);
    await begun.stop();
  });
}
