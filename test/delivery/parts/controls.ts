import type { Containers } from '../../support/infrastructure/containers.js';
import type { FaultName } from '../faults.js';
import { controlPlan } from '../sizes.js';
import { violationCountsOf, type Verdict } from '../checking/verdict.js';
import { perform } from './perform.js';

/** The kind of violation that the checker must report for each fault, with a broker between the services. */
const controls: Record<FaultName, { kills: number; caughtAs: keyof Verdict }> = {
  'remembers-last-id': { kills: 1, caughtAs: 'lost' },
  'inbox-off': { kills: 2, caughtAs: 'doubledInProbe' },
  'acknowledges-before-commit': { kills: 1, caughtAs: 'lost' },
  'claims-rows-singly': { kills: 1, caughtAs: 'misordered' },
};

/** The same checker that finds no violation in the product must detect each fault. `failed` is how many it missed. */
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
        settleTimeoutMs: 6_000,
        // Only posts is killed, whose relay is at fault or whose events are repeated; a consumer that acknowledges
        // before its commit loses events wherever it runs, so then every member is killed.
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
    const line = `red control ${fault} topology=services seed=${seed}: ${isCaught ? 'caught' : 'MISSED'} ${violationCountsOf(history, verdict)}`;
    process.stdout.write(`${line}\n`);
    lines.push(line);
  }
  return { lines, failed };
}
