import { z } from 'zod';

/** The settings of tracing. `start.ts` reads them before any other code runs; runtime validates them with all others. */
export const telemetrySettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:4318' })
    .optional()
    .describe('Where traces are sent, by OTLP over HTTP: Jaeger or a collector. If not set, there are none.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the requests that are traced. The others leave no trace, even if they fail.'),
};
