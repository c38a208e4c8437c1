import type { Containers } from '../../support/infrastructure/containers.js';
import { Sender } from '../load/sender.js';
import { say, subjectOf } from '../run.js';
import type { Stage } from '../subjects/running.js';
import type { SubjectKey } from '../subjects/subjects.js';
import { ceilingsOfBacklogs } from './backlogs.js';
import { type Ceiling, ceilingsOf, type Scaling, scalingOf } from './ceilings.js';

/** How far a subject goes as a whole. */
export interface CapacityOfSubject {
  readonly subject: SubjectKey;
  readonly scaling: readonly Scaling[];
  readonly ceilings: readonly Ceiling[];
}

export interface Capacity {
  readonly subjects: readonly CapacityOfSubject[];
  /** Of the parts of delivery, each alone with a backlog. */
  readonly backlogs: readonly Ceiling[];
}

const COMPARED = ['monolith', 'services'] as const;

export async function measureCapacity(stage: Stage, containers: Containers): Promise<Capacity> {
  const subjects: CapacityOfSubject[] = [];
  await Sender.with(async (sender) => {
    for (const subject of COMPARED)
      await stage.with(subjectOf(subject), async (running) => {
        await sender.send({ field: running.field, rate: 300, seconds: 10, seed: 1 });
        const scaling = await scalingOf(running, sender);
        say(`${subject}: scaling`);
        subjects.push({ subject, scaling, ceilings: await ceilingsOf(running, sender) });
        say(`${subject}: ceilings`);
      });
  });
  const backlogs = await ceilingsOfBacklogs(stage, containers);
  say('backlogs');
  return { subjects, backlogs };
}
