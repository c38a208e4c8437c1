import type { TraceSpan } from '#telemetry';
import { UserError } from '#database';
import { type OtlpTraces, spansInOtlp } from './otlp.js';

/** The spans of a trace that a process keeps in memory; `id` may be `last`. Throws a UserError if it keeps none. */
export async function traceOfProcess(url: string, id: string): Promise<readonly TraceSpan[]> {
  const response = await answerOf(`${url}/traces/${id}`, 'the platform, with npm start, or set PORT as there');
  if (response.status === 404)
    throw new UserError(`${url} keeps no traces. It may send them elsewhere (--jaeger), or APP_ENV is production.`);
  return ((await response.json()) as { data: TraceSpan[] }).data;
}

/** The spans of a trace in Jaeger. */
export async function traceInJaeger(url: string, id: string): Promise<readonly TraceSpan[]> {
  const response = await answerOf(`${url}/api/v3/traces/${id}`, 'Jaeger, with docker compose up');
  if (response.status === 404) return [];
  if (!response.ok) throw new UserError(`Jaeger answers ${response.status}: ${await response.text()}`);
  return spansInOtlp(((await response.json()) as { result: OtlpTraces }).result);
}

async function answerOf(url: string, what: string): Promise<Response> {
  return fetch(url).catch(() => {
    throw new UserError(`${new URL(url).origin} does not answer. Start ${what}.`);
  });
}
