export { batchContext, contextOf, isSampled, linksTo, newTrace, traceparentOf, untraced } from './trace-context.js';
export { contextWith, currentTracer, failSpan, isTracing, recordWait, tracerOf, withSpan } from './spans.js';
export { endTracing } from './ending.js';
export { recentTraces } from './recent-traces.js';
export type { TraceSpan } from './trace-span.js';
export { telemetrySettings } from './settings.js';
