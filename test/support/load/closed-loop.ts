import { Connection } from './connection.js';
import type { Planned } from './open-loop.js';

export interface ClosedLoopResult {
  readonly answered: number;
  /** Any answer but 2xx, or none. */
  readonly failed: number;
  readonly seconds: number;
}

/**
 * Clients of which each sends its next request when the last one was answered: it finds how much a server can do with so many at
 * once, and says nothing of latency. A client stops at its first request that gets no answer.
 */
export async function closedLoop(
  next: (number: number) => Planned,
  clients: number,
  seconds: number,
): Promise<ClosedLoopResult> {
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  let [sent, answered, failed] = [0, 0, 0];
  const client = async () => {
    const connections = new Map<string, Connection>();
    while (performance.now() < until) {
      const { url, bytes } = next(sent++);
      const { hostname, port } = new URL(url);
      const connection = connections.get(url) ?? new Connection(hostname, Number(port));
      connections.set(url, connection);
      const status = await new Promise<number>((done) => connection.send(bytes, done));
      if (status >= 200 && status < 300) answered++;
      else failed++;
      if (status === 0) break;
    }
    for (const each of connections.values()) each.close();
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { answered, failed, seconds: (performance.now() - begun) / 1_000 };
}
