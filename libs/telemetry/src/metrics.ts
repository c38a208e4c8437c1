import { collectDefaultMetrics, Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { isSampled } from './trace-context.js';

const registry = new Registry<OpenMetricsContentType>();
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);

/** Of requests and waits, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

type Labels<Name extends string> = Readonly<Record<Name, string>>;

/**
 * Counts something. Labels must have few values: names from the code, never from a client. Add 0 when labels become
 * known: the first event of a series that begins with it is in no rate, and until then a dashboard has no data.
 */
export interface Count<Name extends string> {
  add(labels: Labels<Name>, number?: number): void;
}

export function counter<Name extends string>(name: string, help: string, labelNames: readonly Name[]): Count<Name> {
  describe({ name, help, type: 'counter', labels: labelNames });
  const metric = new Counter({ name, help, labelNames, registers: [registry] });
  return { add: (labels, number = 1) => metric.inc(labels, number) };
}

/** Observes the distribution of something. */
export interface Distribution<Name extends string> {
  /** With the traceparent of a recorded span, the latest value of each bucket names its trace (an exemplar). */
  observe(labels: Labels<Name>, value: number, traceparent?: string | null): void;
}

export function distribution<Name extends string>(
  name: string,
  help: string,
  labelNames: readonly Name[],
  buckets: number[] = SECONDS,
): Distribution<Name> {
  describe({ name, help, type: 'histogram', labels: labelNames });
  const metric = new Histogram<string>({
    name,
    help,
    labelNames,
    buckets,
    enableExemplars: true,
    registers: [registry],
  });
  return {
    observe: (labels, value, traceparent) =>
      metric.observe({
        labels,
        value,
        ...(isSampled(traceparent) ? { exemplarLabels: { trace_id: traceparent?.slice(3, 35) ?? '' } } : {}),
      }),
  };
}

interface Level<Name extends string> {
  readonly labels: Labels<Name>;
  readonly value: number;
}

type Source<Name extends string> = () => readonly Level<Name>[] | Promise<readonly Level<Name>[]>;

/** Something that has a level at each moment, which is asked for when metrics are read. */
export interface Levels<Name extends string> {
  /** Adds what returns the levels of a component; returns what removes it. A source that throws, or is slow, has no levels. */
  addSource(source: Source<Name>): () => void;
}

export function levels<Name extends string>(name: string, help: string, labelNames: readonly Name[]): Levels<Name> {
  describe({ name, help, type: 'gauge', labels: labelNames });
  const sources = new Set<Source<Name>>();
  const metric = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      const all = await Promise.all([...sources].map(readOrNothing));
      metric.reset();
      for (const { labels, value } of all.flat()) metric.set(labels, value);
    },
  });
  return {
    addSource: (source) => {
      sources.add(source);
      return () => sources.delete(source);
    },
  };
}

/** A component that does not answer must not delay the metrics of the others: they are needed then. */
const SOURCE_TIMEOUT_MS = 1_500;

async function readOrNothing<Name extends string>(source: Source<Name>): Promise<readonly Level<Name>[]> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<[]>((done) => (timer = setTimeout(() => done([]), SOURCE_TIMEOUT_MS)));
  const reading = (async () => source())().catch(() => []);
  return Promise.race([reading, limit]).finally(() => clearTimeout(timer));
}

let hasDefaults = false;

/** All metrics in the OpenMetrics text format, with those of Node.js: event loop, heap and garbage collection. */
export async function metricsText(): Promise<string> {
  if (!hasDefaults) collectDefaultMetrics({ register: registry });
  hasDefaults = true;
  return registry.metrics();
}

export const METRICS_TYPE: string = Registry.OPENMETRICS_CONTENT_TYPE;

export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

const described: MetricDescription[] = [];

function describe(metric: MetricDescription): void {
  described.push(metric);
}

/** The metrics of the modules that have been loaded, without those of Node.js. For the generated page. */
export function describeMetrics(): readonly MetricDescription[] {
  return described;
}
