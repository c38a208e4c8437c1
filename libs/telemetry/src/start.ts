/**
 * Loaded before everything else (`node --import`), so that every module finds tracing either on or off. Without an
 * endpoint it loads nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../../../../.env');
if (existsSync(file)) process.loadEnvFile(file);

// A wrong value is reported with all other settings, when the process reads them.
if (URL.canParse(process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '')) {
  const { startSdk } = await import('./sdk.js');
  startSdk();
}
