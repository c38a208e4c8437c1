export { packageRoot } from './package-root.js';
export {
  batchContext,
  contextOf,
  isPast,
  isSampled,
  linksTo,
  newTrace,
  recorded,
  traceparentOf,
  untraced,
} from './trace-context.js';
export {
  contextWith,
  currentTracer,
  failSpan,
  failSpanAs,
  isNextRecorded,
  isTracing,
  recordWait,
  tracerOf,
  withSpan,
} from './spans.js';
export { tracedFetch } from './traced-fetch.js';
export { endTracing } from './ending.js';
export { recentTraces } from './sdk/recent-traces.js';
export type { TraceSpan } from './sdk/trace-span.js';
export { telemetrySettings } from './settings.js';
export { counter, describeMetrics, distribution, levels, METRICS_TYPE, metricsText } from './metrics.js';
export type { MetricDescription } from './metrics.js';
