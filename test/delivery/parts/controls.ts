import type { Containers } from '../../support/containers.js';
import type { FaultName } from '../faults.js';
import { controlPlan } from '../sizes.js';
import { guiltOf, type Verdict } from '../verdict.js';
import { perform } from './perform.js';

/** What the checker has to say of each way to build the delivery core wrongly, behind a broker too. */
const controls: Record<FaultName, { kills: number; caughtAs: keyof Verdict }> = {
  'remembers-last-id': { kills: 1, caughtAs: 'lost' },
  'inbox-off': { kills: 2, caughtAs: 'doubledInProbe' },
  'acknowledges-before-commit': { kills: 1, caughtAs: 'lost' },
  'claims-rows-singly': { kills: 1, caughtAs: 'misordered' },
};

/** The same checker that finds nothing wrong with us finds what is wrong with them. Returns how many it missed. */
export async function performControls(
  containers: Containers,
  seed: number,
): Promise<{ lines: string[]; failed: number }> {
  const lines: string[] = [];
  let failed = 0;
  for (const [fault, { kills, caughtAs }] of Object.entries(controls)) {
    const { verdict, history } = await perform(
      containers,
      {
        name: fault,
        plan: controlPlan(seed),
        patience: 6_000,
        // Whose memory is lost, or whose inbox, everybody else must not mend.
        of: (member) => ({
          DELIVERY_FAULT: fault,
          DELIVERY_KILLS: member === 'posts' || fault === 'acknowledges-before-commit' ? String(kills) : '0',
          DELIVERY_MARK: member,
        }),
        during: () => Promise.resolve([]),
      },
      seed,
    );
    const isCaught = verdict[caughtAs].length > 0;
    if (!isCaught) failed++;
    const line = `red control ${fault} topology=services seed=${seed}: ${isCaught ? 'caught' : 'MISSED'} ${guiltOf(history, verdict)}`;
    process.stdout.write(`${line}\n`);
    lines.push(line);
  }
  return { lines, failed };
}
