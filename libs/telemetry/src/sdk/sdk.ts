import { Logger } from '@nestjs/common';
import { type ProxyTracerProvider, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { onTracingEnd } from '../ending.js';
import { providerOptions } from './provider-options.js';
import { ServiceTracers } from './service-tracers.js';
import { enableTracing } from '../spans.js';

const EXPORT_EVERY_MS = 1_000;
const EXPORT_TIMEOUT_MS = 3_000;
/** Spans that wait for the exporter, about 1 KiB each; more of them are dropped. */
const MAX_QUEUE = 8_192;
const REPORT_EVERY_MS = 60_000;

/** Sets up OpenTelemetry for this process: spans are sent to OTEL_EXPORTER_OTLP_ENDPOINT. */
export function startSdk(): void {
  const options = providerOptions(
    new BatchSpanProcessor({
      exporter: new ReportingExporter(new OTLPTraceExporter({ timeoutMillis: EXPORT_TIMEOUT_MS })),
      scheduledDelayMillis: EXPORT_EVERY_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      maxQueueSize: MAX_QUEUE,
    }),
  );
  const sdk = new NodeSDK({
    ...options,
    autoDetectResources: false,
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  (trace.getTracerProvider() as ProxyTracerProvider).setDelegate(new ServiceTracers(options));
  onTracingEnd(() => sdk.shutdown());
  enableTracing(options.sampler);
}

/** Requests do not depend on traces: if they cannot be sent, this is logged once a minute, and the spans are dropped. */
class ReportingExporter implements SpanExporter {
  private readonly logger = new Logger('telemetry');
  private reportedAt = -Infinity;

  constructor(private readonly inner: SpanExporter) {}

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.inner.export(spans, (result) => {
      if (result.error) this.report(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  private report({ message }: Error): void {
    if (performance.now() - this.reportedAt < REPORT_EVERY_MS) return;
    this.reportedAt = performance.now();
    this.logger.warn(`Traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT: ${message}; they are dropped`);
  }
}
