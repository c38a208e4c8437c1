import { freePort } from '#database';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { traceInJaeger } from '../../../apps/ops/src/traces/find-trace.js';
import type { TraceSpan } from '#telemetry';

const IMAGE = process.env['JAEGER_IMAGE'] ?? 'jaegertracing/jaeger:2.13.0';
const [API, OTLP, HEALTH] = [16_686, 4_318, 13_133];

/** The query API of a Jaeger. */
export class Jaeger {
  constructor(private readonly url: string) {}

  /** The spans of a trace that have arrived so far. */
  trace(id: string): Promise<readonly TraceSpan[]> {
    return traceInJaeger(this.url, id);
  }

  /** The ids of the traces with a span of a service that has these attributes. */
  async tracesOf(service: string, attributes: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const parameters = new URLSearchParams({ service, tags: JSON.stringify(attributes), limit: '20' });
    const response = await fetch(`${this.url}/api/traces?${parameters.toString()}`);
    if (!response.ok) throw new Error(`Jaeger answered ${response.status}: ${await response.text()}`);
    const { data } = (await response.json()) as { data: readonly { traceID: string }[] };
    return data.map(({ traceID }) => traceID);
  }
}

export interface StartedJaeger {
  readonly jaeger: Jaeger;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly container: StartedTestContainer;
}

export async function startJaeger(): Promise<StartedJaeger> {
  const ports = await Promise.all(
    [API, OTLP, HEALTH].map(async (container) => ({ container, host: await freePort() })),
  );
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts(...ports)
    .withWaitStrategy(Wait.forHttp('/status', HEALTH))
    .start();
  const url = (port: number) => `http://${container.getHost()}:${container.getMappedPort(port)}`;
  return { jaeger: new Jaeger(url(API)), endpoint: url(OTLP), container };
}
