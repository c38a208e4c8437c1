import { Sender } from '../load/sender.js';
import { say, subjectOf } from '../run.js';
import type { Stage } from '../subjects/running.js';
import type { SubjectKey } from '../subjects/subjects.js';
import { type Ceiling, ceilingsOf, type Scaling, scalingOf } from './ceilings.js';

export interface Capacity {
  readonly subject: SubjectKey;
  readonly scaling: readonly Scaling[];
  readonly ceilings: readonly Ceiling[];
}

const COMPARED = ['monolith', 'services'] as const;

export async function measureCapacity(stage: Stage): Promise<Capacity[]> {
  const all: Capacity[] = [];
  await Sender.with(async (sender) => {
    for (const subject of COMPARED)
      await stage.with(subjectOf(subject), async (running) => {
        await sender.send({ field: running.field, rate: 300, seconds: 10, seed: 1 });
        const scaling = await scalingOf(running, sender);
        say(`${subject}: scaling`);
        all.push({ subject, scaling, ceilings: await ceilingsOf(running, sender) });
        say(`${subject}: ceilings`);
      });
  });
  return all;
}
