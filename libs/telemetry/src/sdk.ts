import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProxyTracerProvider, trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { Logger } from '@nestjs/common';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, resourceFromAttributes, serviceInstanceIdDetector } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  TracerProvider as SdkTracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';
import { onTracingEnd } from './ending.js';
import { EntrySampler } from './sampler.js';
import { enableTracing } from './spans.js';

const EXPORT_EVERY_MS = 1_000;
const EXPORT_TIMEOUT_MS = 3_000;
/** Spans that wait for the exporter; more of them are dropped. About 8 MiB. */
const MAX_QUEUE = 8_192;
/** A batch has a link to each of its events. */
const MAX_LINKS = 512;
const REPORT_EVERY_MS = 60_000;

/** Sets up OpenTelemetry for this process: spans are sent to OTEL_EXPORTER_OTLP_ENDPOINT. */
export function startSdk(): void {
  const processor = new BatchSpanProcessor({
    exporter: new ReportingExporter(new OTLPTraceExporter({ timeoutMillis: EXPORT_TIMEOUT_MS })),
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    maxQueueSize: MAX_QUEUE,
  });
  const options = {
    resource: detectResources({ detectors: [serviceInstanceIdDetector] }).merge(resourceFromAttributes(version())),
    sampler: new EntrySampler(ratio()),
    spanLimits: { linkCountLimit: MAX_LINKS },
    spanProcessors: [processor],
  };
  const sdk = new NodeSDK({
    ...options,
    serviceName: 'twofold',
    autoDetectResources: false,
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  (trace.getTracerProvider() as ProxyTracerProvider).setDelegate(new ServiceTracers(options));
  onTracingEnd(() => sdk.shutdown());
  enableTracing();
}

/** A tracer provider per service, because `service.name` belongs to the provider. All share one exporter. */
class ServiceTracers implements TracerProvider {
  private readonly providers = new Map<string, SdkTracerProvider>();

  constructor(private readonly options: TracerProviderOptions & Required<Pick<TracerProviderOptions, 'resource'>>) {}

  getTracer(service: string): Tracer {
    let provider = this.providers.get(service);
    if (!provider) {
      const resource = this.options.resource.merge(resourceFromAttributes({ 'service.name': service }));
      provider = new SdkTracerProvider({ ...this.options, resource });
      this.providers.set(service, provider);
    }
    return provider.getTracer('twofold');
  }
}

function ratio(): number {
  const given = Number(process.env['OTEL_TRACES_SAMPLER_ARG'] || 1);
  return given >= 0 && given <= 1 ? given : 1;
}

function version(): Record<string, string> {
  const file = join(import.meta.dirname, '../../../../package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const commit = process.env['TWOFOLD_COMMIT'];
  return {
    'service.namespace': 'twofold',
    'service.version': version,
    ...(commit ? { 'vcs.ref.head.revision': commit } : {}),
  };
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
