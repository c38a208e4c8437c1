import { setTimeout as delay } from 'node:timers/promises';
import { answersOf } from '../../support/load/open-loop.js';
import type { Sender } from '../load/sender.js';
import type { Running } from '../subjects/running.js';

/** What the sender reports of a server that stands still for a second. */
export interface GeneratorCheck {
  readonly longest: number;
  readonly dropped: number;
  readonly ok: boolean;
}

const RATE = 100;
const SECONDS = 4;
const STALL_MS = 1_000;
const LEAST_MS = 950;

/**
 * Stops the processes of a running subject for one second, and looks whether the sender sees it: a sender that waits for answers
 * before it sends again would not (coordinated omission).
 */
export async function checkGenerator({ platform, field }: Running, sender: Sender): Promise<GeneratorCheck> {
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => platform.processes.forEach(({ pid }) => process.kill(pid, name));
  const sending = sender.send({ field, rate: RATE, seconds: SECONDS, seed: 7, only: 'reads' });
  await delay(STALL_MS);
  signal('SIGSTOP');
  try {
    await delay(STALL_MS);
  } finally {
    signal('SIGCONT');
  }
  const sent = await sending;
  const longest = answersOf(sent).latencies.at(-1) ?? 0;
  return { longest, dropped: sent.dropped, ok: longest >= LEAST_MS && sent.dropped === 0 };
}
