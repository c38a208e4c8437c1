import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TraceSpan } from '#telemetry';
import { eventually } from '../eventually.js';
import { type OtlpTraces, spansInOtlp } from '../../../apps/ops/src/traces/otlp.js';

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly TraceSpan[];
  /** Everything that was received, as text. */
  readonly received: string;
  /** The spans of a trace, as soon as they satisfy the condition. */
  trace(id: string, isComplete: (spans: readonly TraceSpan[]) => boolean): Promise<readonly TraceSpan[]>;
  close(): void;
}

/** Receives traces by OTLP over HTTP. */
export async function startCollector(): Promise<Collector> {
  const spans: TraceSpan[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      spans.push(...spansInOtlp(JSON.parse(body) as OtlpTraces));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get received() {
      return bodies.join('\n');
    },
    trace: (id, isComplete) =>
      eventually('the trace is complete', () => {
        const found = spans.filter(({ traceId }) => traceId === id);
        return Promise.resolve(isComplete(found) ? found : undefined);
      }),
    close: () => server.close(),
  };
}
