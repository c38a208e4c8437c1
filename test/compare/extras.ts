import type { Containers } from '../support/infrastructure/containers.js';
import { startCollector } from '../support/tracing/collector.js';
import { Sender } from './load/sender.js';
import { type Counts, countsOf } from './measure/counts.js';
import { type Fault, killEach, type Release, release } from './measure/faults.js';
import { type Gateway, gatewayOf } from './measure/gateway.js';
import type { Sizes } from './measure/visit.js';
import type { Extras } from './report/summary.js';
import { say, subjectOf } from './run.js';
import type { Stage } from './subjects/running.js';
import type { Subject, SubjectKey } from './subjects/subjects.js';

/** Measures what needs no rounds: counts from traces, which are not noisy, and what a killed part does. */
export async function measureExtras(
  stage: Stage,
  containers: Containers,
  keys: readonly SubjectKey[],
  sizes: Sizes,
): Promise<Extras> {
  const counts: Partial<Record<SubjectKey, Record<string, Counts>>> = {};
  const faults: Partial<Record<SubjectKey, Fault[]>> = {};
  const gateways: Partial<Record<SubjectKey, Gateway>> = {};
  const releases: Partial<Record<SubjectKey, Release>> = {};
  await Sender.with(async (sender) => {
    for (const key of keys) {
      const subject = subjectOf(key);
      // Its statements are those of the monolith.
      if (subject.embedded) continue;
      counts[key] = await counted(stage, subject, sender);
      say(`${key}: counted from traces`);
      if (subject.foil) continue;
      await stage.with(subject, async (running) => {
        await sender.send({ field: running.field, ...sizes.warmUp, seed: 1 });
        if (key === 'services') gateways[key] = await gatewayOf(running, sender, sizes.rate);
        releases[key] = await release(running, sender);
        faults[key] = await killEach(running, containers, sender);
      });
      say(`${key}: each part killed`);
    }
  });
  return { counts, faults, releases, gateways };
}

async function counted(stage: Stage, subject: Subject, sender: Sender): Promise<Record<string, Counts>> {
  const collector = await startCollector();
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  try {
    return await stage.with(subject, (running) => countsOf(running, sender, collector), settings);
  } finally {
    collector.close();
  }
}
