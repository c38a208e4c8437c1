import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { type RecordedSpans, recordSpans } from '../../../test/support/tracing/recorded-spans.js';
import { withSpan } from './spans.js';
import { newTrace } from './trace-context.js';
import { tracedFetch } from './traced-fetch.js';

describe('An outgoing request', () => {
  let spans: RecordedSpans;
  let server: Server;
  let url: string;
  let received: string | undefined;

  beforeAll(async () => {
    spans = recordSpans();
    server = createServer(({ url: path = '', headers }, response) => {
      received = headers['traceparent'] as string | undefined;
      response.writeHead(path.startsWith('/missing') ? 404 : 200).end('{}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.close();
    await spans.stop();
  });

  const inTrace = <T>(work: () => Promise<T>) => withSpan('auth', 'outer', {}, work, newTrace());

  it('has a span in the current trace, which the receiver continues', async () => {
    await inTrace(() => tracedFetch(`${url}/keys?token=secret`));
    const [span, outer] = spans.take();
    expect(span?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    expect([span?.name, span?.kind]).toEqual(['GET', SpanKind.CLIENT]);
    expect(span?.attributes).toMatchObject({ 'url.full': `${url}/keys`, 'http.response.status_code': 200 });
    expect(JSON.stringify(span?.attributes)).not.toContain('secret');
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(received).toBe(`00-${traceId}-${spanId}-01`);
  });

  it('that is refused or fails has a failed span', async () => {
    await inTrace(() => tracedFetch(`${url}/missing`));
    expect(spans.take()[0]?.attributes['error.type']).toBe('404');
    await expect(inTrace(() => tracedFetch('http://127.0.0.1:1'))).rejects.toThrow();
    expect(spans.take()[0]?.attributes['error.type']).toBe('TypeError');
  });

  it('outside a trace has no span', async () => {
    expect((await tracedFetch(url)).status).toBe(200);
    expect([spans.take(), received]).toEqual([[], undefined]);
  });
});
