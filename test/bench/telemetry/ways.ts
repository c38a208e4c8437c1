import type { Program } from '../server-process.js';
import { MONOLITH } from '../contests/start.js';

/** As `npm start` and the image start the monolith. */
export const traced: Program = { entry: MONOLITH, imports: ['libs/telemetry/src/start.js'] };

/** A way to observe the monolith. */
export interface Way {
  readonly program: Program;
  /** `collector` is the URL to which traces are sent. */
  settings(collector: string): Record<string, string>;
  /** Whether something reads the metrics. */
  readonly hasMetrics: boolean;
}

/** No traces, no metrics, and no line in the log per request. */
export const without: Way = {
  program: { ...traced, imports: [...(traced.imports ?? []), 'test/bench/telemetry/without-metrics.js'] },
  settings: () => ({ TRACES_IN_MEMORY: '0', LOG_LEVEL: 'error' }),
  hasMetrics: false,
};

/** The same without the file that would start tracing. */
export const withoutStart: Way = {
  ...without,
  program: { entry: MONOLITH, imports: ['test/bench/telemetry/without-metrics.js'] },
};

const observed = (settings: Way['settings']): Way => ({
  program: traced,
  settings: (collector) => ({ LOG_LEVEL: 'info', ...settings(collector) }),
  hasMetrics: true,
});

export const metricsAndLog = observed(() => ({ TRACES_IN_MEMORY: '0' }));

export const tracesInMemory = observed(() => ({ TRACES_IN_MEMORY: '200' }));

/** Sends the traces of this share of the requests. */
export const tracesSent = (share: number): Way =>
  observed((collector) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_TRACES_SAMPLER_ARG: String(share) }));
