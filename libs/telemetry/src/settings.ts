import { z } from 'zod';

/** The settings of tracing. `start.ts` reads them before any other code runs; runtime validates them with all others. */
export const telemetrySettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:4318' })
    .optional()
    .describe('Where traces are sent, by OTLP over HTTP: Jaeger or a collector.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the requests that are traced. The others leave no trace, even if they fail.'),
  TRACES_IN_MEMORY: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(200)
    .describe('Number of traces kept for `npm run trace`, if they are not sent; 0 for none. Development only.'),
  TWOFOLD_COMMIT: z.string().optional().describe('The commit that the process was built from, for its traces.'),
};
