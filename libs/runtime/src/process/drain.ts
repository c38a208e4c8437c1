import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const QUIET_MS = 1_000;

/**
 * Waits for `delayMs`, in which what is in front of this process should notice that it is unready; then until no new
 * connection came for a second, since somebody has not noticed. Together it waits at most for twice `delayMs`.
 */
export async function whenDrained(server: Server, delayMs: number): Promise<void> {
  const begun = performance.now();
  let latest = -Infinity;
  const note = () => (latest = performance.now());
  server.on('connection', note);
  for (;;) {
    const until = Math.min(Math.max(begun + delayMs, latest + QUIET_MS), begun + 2 * delayMs);
    const remaining = until - performance.now();
    if (remaining <= 0) break;
    await delay(remaining);
  }
  server.off('connection', note);
}
