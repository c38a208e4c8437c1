import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { requestBytes } from '../../bench/load.js';
import { answersOf, openLoop } from '../../support/load/open-loop.js';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bytes = requestBytes('GET', '/');

it('sends every request when it is due, though none has been answered', async () => {
  const total = 50;
  const waiting: (() => void)[] = [];
  const url = await serve((_, response) => {
    waiting.push(() => response.end('late'));
    // A sender that waits for answers would never send the last request.
    if (waiting.length === total) for (const answer of waiting) answer();
  });
  const { operations, dropped, lateness } = await openLoop(
    () => ({ url, bytes, operation: 'read' }),
    1_000,
    total / 1_000,
  );
  expect(operations['read']?.latencies).toHaveLength(total);
  expect([dropped, lateness.length]).toEqual([0, total]);
});

it('tells what was refused, what failed and when from what was answered', async () => {
  let requests = 0;
  const url = await serve((request, response) => {
    const behaviour = requests++ % 4;
    if (behaviour === 3) request.destroy();
    else response.writeHead([200, 503, 404][behaviour] ?? 500).end('x');
  });
  const sent = await openLoop(() => ({ url, bytes, operation: 'read' }), 100, 0.08);
  const { latencies, refused, failed, statuses, troubles } = answersOf(sent);
  expect([latencies.length, refused, failed, troubles.length]).toEqual([2, 2, 4, 6]);
  expect(statuses.toSorted((one, other) => one - other)).toEqual([0, 404]);
  for (const { due, known } of troubles) expect(known).toBeGreaterThanOrEqual(due);
});
