import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { EntrySampler } from '../../../libs/telemetry/src/sdk/sampler.js';
import { enableTracing } from '../../../libs/telemetry/src/spans.js';

export interface RecordedSpans {
  /** The spans that have ended since the last call. */
  take(): readonly ReadableSpan[];
  stop(): Promise<void>;
}

/** Switches tracing on in the process of a test, for what is created afterwards; spans stay in memory. */
export function recordSpans(): RecordedSpans {
  const exporter = new InMemorySpanExporter();
  const sampler = new EntrySampler(1);
  const sdk = new NodeSDK({
    sampler,
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    autoDetectResources: false,
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  enableTracing(sampler);
  return {
    take: () => {
      const spans = exporter.getFinishedSpans();
      exporter.reset();
      return spans;
    },
    stop: () => sdk.shutdown(),
  };
}
