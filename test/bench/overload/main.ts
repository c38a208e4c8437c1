/**
 * What overload costs: `npm run bench:overload`. Finds the rate with the highest goodput, then offers three times as much
 * for a minute. Prints ratios to the peak of the same run. The sender shares the machine with the server.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDataFolder } from '../../support/infrastructure/data-folder.js';
import { Client } from '../../support/platform/client.js';
import { startMonolith } from '../../support/platform/monolith.js';
import { type Answers, answersOf, openLoop } from '../../support/load/open-loop.js';
import { requestBytes } from '../load.js';
import { quantile } from '../statistics/statistics.js';

/** Ends the grace of an overload before the next load. */
const PAUSE_MS = 7_000;

const [, , url, rate, seconds] = process.argv;
if (url && process.send) {
  // Disconnected earlier, a result larger than the socket's buffer would never arrive.
  process.send(await result(url, Number(rate), Number(seconds)), undefined, undefined, () => process.disconnect());
} else await compare();

interface Result extends Answers {
  /** Answers with 2xx per second. */
  readonly goodput: number;
}

async function result(url: string, rate: number, seconds: number): Promise<Result> {
  const { origin, pathname, search } = new URL(url);
  const request = { url: origin, bytes: requestBytes('GET', pathname + search), operation: 'list' };
  const sent = await openLoop(() => request, rate, seconds);
  const answers = answersOf(sent);
  return { ...answers, goodput: answers.latencies.length / sent.seconds };
}

/** In a process of its own: the sender must not share an event loop with anything. */
async function offer(url: string, rate: number, seconds: number): Promise<Result> {
  const child = fork(process.argv[1] ?? '', [url, String(rate), String(seconds)]);
  const ended = once(child, 'disconnect').then(() => Promise.reject(new Error('The sender ended without a result.')));
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [Result];
  return result;
}

async function compare(): Promise<void> {
  const data = temporaryDataFolder();
  const monolith = await startMonolith({ DATA_DIR: data.path, LOG_LEVEL: 'error', CACHE_TTL: '0' });
  try {
    const api = new Client(monolith.url);
    const { token } = await api.person();
    for (let n = 0; n < 50; n++)
      await api.post('/v1/posts', { title: `Post ${n}`, body: 'B', status: 'published' }, { token });
    const list = `${monolith.url}/v1/posts?limit=10`;
    await offer(list, 200, 5);
    let peak: { rate: number; result: Result } | undefined;
    for (let rate = 400; rate <= 20_000; rate = Math.round(rate * 1.25)) {
      const result = await offer(list, rate, 10);
      show(`offered ${rate}/s`, result);
      if (peak && result.goodput < peak.result.goodput) break;
      if (!peak || result.goodput > peak.result.goodput) peak = { rate, result };
      await delay(PAUSE_MS);
    }
    if (!peak) throw new Error('There was no goodput.');
    await delay(PAUSE_MS);
    const over = await offer(list, Math.round(3 * peak.result.goodput), 60);
    show(`three times the peak`, over);
    const goodput = over.goodput / peak.result.goodput;
    const p99 = at(over, 0.99) / at(peak.result, 0.99);
    process.stdout.write(
      `overload: goodput=${goodput.toFixed(2)} (floor 0.80) p99=${p99.toFixed(2)}x (bound 3x) failed=${over.failed}\n`,
    );
  } finally {
    await monolith.stop();
    await data.remove();
  }
}

function show(what: string, result: Result): void {
  const { goodput, refused, failed } = result;
  process.stdout.write(
    `${what}: goodput ${Math.round(goodput)}/s, refused ${refused}, failed ${failed}, ` +
      `p50 ${Math.round(at(result, 0.5))} ms, p99 ${Math.round(at(result, 0.99))} ms\n`,
  );
}

function at({ latencies }: Result, share: number): number {
  return quantile(latencies, share);
}
