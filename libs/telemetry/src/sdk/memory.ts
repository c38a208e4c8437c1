import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { providerOptions } from './provider-options.js';
import { keepTraces, RecentTraces } from './recent-traces.js';
import { ServiceTracers } from './service-tracers.js';
import { enableTracing } from '../spans.js';

/** Keeps traces in this process instead of sending them. Without NodeSDK, which takes longer to load than all else. */
export function keepTracesInMemory(count: number): void {
  const traces = new RecentTraces(count);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const options = providerOptions(traces);
  trace.setGlobalTracerProvider(new ServiceTracers(options));
  keepTraces(traces);
  enableTracing(options.sampler);
}
