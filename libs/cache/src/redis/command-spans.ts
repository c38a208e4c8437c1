import { SpanKind } from '@opentelemetry/api';
import { currentTracer, failSpan } from '#telemetry';

/** Makes a span of a command, from now until its reply, if it belongs to a recorded trace. */
export function traceCommand(name: string, reply: Promise<unknown>): void {
  const attributes = { 'db.system.name': 'redis', 'db.operation.name': name };
  const span = currentTracer()?.startSpan(name, { kind: SpanKind.CLIENT, attributes });
  if (!span) return;
  reply.then(
    () => span.end(),
    (error: unknown) => {
      failSpan(span, error);
      span.end();
    },
  );
}
