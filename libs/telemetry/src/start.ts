/**
 * Loaded before everything else (`node --import`), so that every module finds tracing either on or off. With an endpoint,
 * traces are sent there; in development they are kept in memory; otherwise nothing is loaded.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { packageRoot } from './package-root.js';

const file = join(packageRoot(), '.env');

/** Wrong values are reported with all other settings, when the process reads them. */
async function start(): Promise<void> {
  if (existsSync(file)) process.loadEnvFile(file);
  const { OTEL_SDK_DISABLED, OTEL_EXPORTER_OTLP_ENDPOINT = '', APP_ENV, TRACES_IN_MEMORY } = process.env;
  if (OTEL_SDK_DISABLED === 'true') return;
  const kept = APP_ENV === 'production' ? 0 : Number(TRACES_IN_MEMORY || 200);
  if (URL.canParse(OTEL_EXPORTER_OTLP_ENDPOINT)) {
    const { startSdk } = await import('./sdk/sdk.js');
    startSdk();
  } else if (kept >= 1) {
    const { keepTracesInMemory } = await import('./sdk/memory.js');
    keepTracesInMemory(kept);
  }
}

// Node loads this file in worker threads too, which have neither requests nor statements, and little time.
if (isMainThread) await start();
