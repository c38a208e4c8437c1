export { batchContext, contextOf, isSampled, linksTo, newTrace, traceparentOf, untraced } from './trace-context.js';
export { failSpan, isTracing, recordWait, tracerOf, withSpan } from './spans.js';
export { endTracing } from './ending.js';
export { telemetrySettings } from './settings.js';
