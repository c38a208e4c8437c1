import type { Plan } from './run.js';

/** How much is compared, from an hour and a half to four minutes. */
export const plans = {
  full: {
    subjects: ['monolith', 'services', 'mixture', 'embedded', 'naive', 'hop'],
    rounds: 5,
    sizes: {
      rate: 200,
      readRate: 400,
      warmUp: { rate: 400, seconds: 12 },
      seconds: 12,
      publications: 100,
      saturate: true,
    },
  },
  quick: {
    subjects: ['monolith', 'services'],
    rounds: 3,
    sizes: {
      rate: 200,
      readRate: 400,
      warmUp: { rate: 400, seconds: 8 },
      seconds: 8,
      publications: 50,
      saturate: false,
    },
  },
  /** Compares nothing: finds out whether the comparison itself works. */
  check: {
    subjects: ['monolith', 'services', 'mixture', 'hop'],
    rounds: 1,
    sizes: {
      rate: 50,
      readRate: 50,
      warmUp: { rate: 50, seconds: 2 },
      seconds: 3,
      publications: 10,
      saturate: false,
    },
  },
} as const satisfies Record<string, Plan>;

/** Seconds of a visit beside its phases, and of finding the highest rate, as seen on two processors. */
const AROUND_A_VISIT = 18;
const SATURATION = 65;
const BEFORE = 60;
/** What is killed and counted after the rounds of a full run. */
const EXTRAS = 1_000;

export function minutesOf({ subjects: chosen, rounds, sizes }: Plan): number {
  const { warmUp, seconds, publications, saturate } = sizes;
  const visit = AROUND_A_VISIT + warmUp.seconds + 2 * seconds + publications / 10 + (saturate ? SATURATION : 0);
  return Math.ceil((BEFORE + rounds * (chosen.length + 1) * visit + (saturate ? EXTRAS : 0)) / 60);
}
