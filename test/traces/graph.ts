import type { TraceSpan } from '#telemetry';

const kinds = ['', '', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/**
 * A trace as text, one line per span: `service: name ← parent ⇢ links`. Without statements, and without waits for a
 * connection or for own writes, which depend on the moment.
 */
export function graphOf(spans: readonly TraceSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const labelAt = (id: string) => {
    const found = byId.get(id);
    return found ? labelOf(found) : 'MISSING';
  };
  return spans
    .filter((span) => !('db.system.name' in span.attributes) && !/^wait for (a|own)/.test(span.name))
    .map((span) => {
      const links = [
        ...new Set(
          span.links.map(({ traceId, spanId }) => (traceId === span.traceId ? labelAt(spanId) : 'another trace')),
        ),
      ].toSorted();
      const parent = span.parentId === '' ? '' : ` ← ${labelAt(span.parentId)}`;
      return `${labelOf(span)}${parent}${links.map((link) => ` ⇢ ${link}`).join('')}`;
    })
    .toSorted();
}

function labelOf({ service, kind, name, attributes }: TraceSpan): string {
  const consumer = attributes['messaging.consumer.group.name'];
  const words = [kinds[kind], name, typeof consumer === 'string' ? `(${consumer})` : ''].filter(Boolean);
  return `${service}: ${words.join(' ')}`;
}
