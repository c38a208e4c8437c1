import assert from 'node:assert/strict';
import { freePort } from '#database';
import { Compose, docker } from '../compose/compose.js';
import type { Checks } from '../support/checks.js';
import { eventually } from '../support/eventually.js';
import { Jaeger } from '../support/tracing/jaeger.js';
import { type MadeTrace, makeTraces, sendLateSpans, sendTraces } from './made-traces.js';

/** Traces that Jaeger holds in this test, beside the decisions in its cache; further ones replace the oldest. */
const CAPACITY = 250;
const SLOW_PAUSE_MS = 560;

/** What Jaeger keeps, as compose.tail-sampling.yaml starts it, and that late spans follow the decision on their trace. */
export async function checkTailSampling(checks: Checks): Promise<void> {
  const sampling = await Sampling.start();
  try {
    const failed = makeTraces('failed', 5, { failed: true });
    // Each span is short: only from the first to the last it takes more than half a second.
    const slow = makeTraces('slow', 5, { pause: SLOW_PAUSE_MS });
    const fast = makeTraces('fast', 200);
    await sampling.send([...failed, ...slow, ...fast]);
    await sampling.hasDecided();

    await checks.run('every trace with an error is kept whole', () => sampling.expectSpans(failed, 2));
    await checks.run('every slow trace is kept whole', () => sampling.expectSpans(slow, 2));
    const kept = await sampling.storedOf(fast);
    const dropped = fast.filter((each) => !kept.includes(each));
    await checks.run('about a tenth of the other traces is kept, whole', async () => {
      assert.ok(kept.length > 0 && kept.length < fast.length / 4, `${kept.length} of ${fast.length}`);
      await sampling.expectSpans(kept, 2);
      return `${kept.length} of ${fast.length}`;
    });

    // From here on, only the decision cache knows the earlier traces.
    await sampling.send(makeTraces('later', CAPACITY));
    await sampling.hasDecided();
    await sampling.sendLate([...failed, ...slow, ...kept]);
    await sampling.sendLate(dropped, true);
    await sampling.hasDecided();

    await checks.run('late spans of kept traces are kept', () =>
      sampling.expectSpans([...failed, ...slow, ...kept], 3),
    );
    await checks.run('a late error does not bring back a dropped trace', () => sampling.expectSpans(dropped, 0));
  } finally {
    await sampling.end();
  }
}

/** A Jaeger that decides after a second. */
class Sampling {
  private sentinels = 0;

  private constructor(
    private readonly compose: Compose,
    private readonly container: string,
    private readonly endpoint: string,
    private readonly jaeger: Jaeger,
  ) {}

  static async start(): Promise<Sampling> {
    const compose = new Compose(
      'twofold-sampling',
      { TAIL_SAMPLING_WAIT: '1s', TAIL_SAMPLING_TRACES: String(CAPACITY) },
      ['docker-compose.yml', 'compose.tail-sampling.yaml'],
    );
    const [api, otlp, health] = [await freePort(), await freePort(), await freePort()];
    const published = [`${api}:16686`, `${otlp}:4318`, `${health}:13133`].flatMap((port) => [
      '-p',
      `127.0.0.1:${port}`,
    ]);
    const container = (await compose.do('run', '-d', '--no-deps', ...published, 'jaeger')).trim();
    const urlOf = (port: number) => `http://127.0.0.1:${port}`;
    const sampling = new Sampling(compose, container, urlOf(otlp), new Jaeger(urlOf(api)));
    const isHealthy = async () => (await fetch(`${urlOf(health)}/status`).catch(() => undefined))?.ok;
    await eventually('Jaeger is healthy', isHealthy).catch(async (error: Error) => {
      const logs = await docker('logs', container).catch(String);
      await sampling.end();
      throw new Error(`${error.message}\n${logs}`);
    });
    return sampling;
  }

  send(traces: readonly MadeTrace[]): Promise<void> {
    return sendTraces(this.endpoint, traces);
  }

  sendLate(traces: readonly MadeTrace[], failed = false): Promise<void> {
    return sendLateSpans(this.endpoint, traces, failed);
  }

  /**
   * Resolves when everything sent before is decided, and stored or dropped. Jaeger decides once a second, about the traces
   * of a second in any order: the first sentinel shows that the decisions before it have begun, the second one, a second
   * later, that they are complete. Each is kept for two reasons, so that the loss of one is reported by its own check.
   */
  async hasDecided(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      const sentinel = makeTraces(`sentinel ${this.sentinels++}`, 1, { failed: true, pause: SLOW_PAUSE_MS });
      await this.send(sentinel);
      await eventually('the sentinel is stored', async () => (await this.storedOf(sentinel)).length > 0);
    }
  }

  /** Those of which Jaeger has stored anything. */
  async storedOf(traces: readonly MadeTrace[]): Promise<readonly MadeTrace[]> {
    const stored = await Promise.all(traces.map(async ({ id }) => (await this.jaeger.trace(id)).length > 0));
    return traces.filter((_, index) => stored[index]);
  }

  async expectSpans(traces: readonly MadeTrace[], count: number): Promise<string> {
    const sizes = await Promise.all(traces.map(async ({ id }) => (await this.jaeger.trace(id)).length));
    const wrong = sizes.filter((size) => size !== count);
    assert.equal(
      wrong.length,
      0,
      `${wrong.length} of ${traces.length} traces have not ${count} spans, but ${wrong[0]}`,
    );
    return `${traces.length} traces`;
  }

  async end(): Promise<void> {
    await docker('rm', '-f', this.container);
    await this.compose.end();
  }
}
