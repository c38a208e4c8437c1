import { styleText } from 'node:util';
import type { TraceSpan } from '#telemetry';

const BAR = 36;
const NAME = 66;
const colours = ['cyan', 'magenta', 'green', 'yellow', 'blue'] as const;

/**
 * A trace as text: a line per span, below its parent and in the order of time, with a bar that shows when it ran. Time
 * in which an event waited is hatched, what failed is crossed out, and `→` names the spans that a span is linked to.
 */
export function waterfall(spans: readonly TraceSpan[], isColoured: boolean): string[] {
  const rows = inOrder(spans);
  const services = [...new Set(rows.map(({ span }) => span.service))];
  const width = Math.max(...services.map((service) => service.length));
  const begin = Math.min(...spans.map(({ startedAt }) => startedAt));
  const length = Math.max(...spans.map(({ endedAt }) => endedAt)) - begin;
  const byId = new Map(spans.map((span) => [span.id, span]));
  const lines = rows.map(({ span, depth }) => {
    const { service, startedAt, endedAt } = span;
    const colour = colours[services.indexOf(service) % colours.length] ?? 'cyan';
    const paint = (text: string) => (isColoured ? styleText(colour, text, { validateStream: false }) : text);
    const name = `${'  '.repeat(depth)}${labelOf(span)}`.slice(0, NAME).padEnd(NAME);
    const times = [startedAt - begin, endedAt - startedAt].map((ms) => ms.toFixed(1).padStart(9)).join('');
    return `${paint(service.padEnd(width))}  ${name} ${paint(barOf(span, begin, length))}${times}${linksOf(span, byId)}`;
  });
  const title = `trace ${spans[0]?.traceId}: ${spans.length} spans, ${length.toFixed(1)} ms, ${services.join(', ')}`;
  return [title, `${' '.repeat(width + 2 + NAME + 1 + BAR)}  from ms lasts ms`, ...lines];
}

/** Depth first. A span whose parent is elsewhere, such as one of a client, is at the top. */
function inOrder(spans: readonly TraceSpan[]): { readonly span: TraceSpan; readonly depth: number }[] {
  const ids = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ parentId }) => (ids.has(parentId) ? parentId : ''));
  const below = (id: string, depth: number): { span: TraceSpan; depth: number }[] =>
    (children.get(id) ?? [])
      .toSorted((a, b) => a.startedAt - b.startedAt)
      .flatMap((span) => [{ span, depth }, ...below(span.id, depth + 1)]);
  return below('', 0);
}

function labelOf({ name, attributes }: TraceSpan): string {
  const more = ['http.response.status_code', 'messaging.consumer.group.name', 'twofold.problem.code', 'error.type'];
  const known = more.map((key) => attributes[key]).filter((value) => value !== undefined);
  return [name, ...new Set(known.map(String))].join(' ');
}

function barOf({ name, failed, startedAt, endedAt }: TraceSpan, begin: number, length: number): string {
  const column = (at: number) => Math.round(((at - begin) / (length || 1)) * BAR);
  const from = Math.min(column(startedAt), BAR - 1);
  const cells = Math.max(1, column(endedAt) - from);
  const character = failed ? '×' : name.startsWith('wait ') ? '░' : '█';
  return `${' '.repeat(from)}${character.repeat(cells)}`.padEnd(BAR);
}

function linksOf({ links }: TraceSpan, byId: ReadonlyMap<string, TraceSpan>): string {
  const names = links.map(({ traceId, spanId }) => byId.get(spanId)?.name ?? `trace ${traceId}`);
  return names.length > 0 ? `  → ${[...new Set(names)].join(', ')}` : '';
}
