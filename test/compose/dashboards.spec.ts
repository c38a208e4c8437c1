import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#database';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { expressionsOf, GRAFANA, labelOf, metricsIn, panelsOf, readDashboards } from './dashboards.js';

const dashboards = readDashboards();
const panels = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).map((panel) => ({ ...panel, name: `${dashboard.uid}: ${panel.title}` })),
);
const shown = new Set(dashboards.flatMap(expressionsOf).flatMap(metricsIn));

const textOf = (path: string) => readFileSync(join(packageRoot(), path), 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** The names of a metric's series, by the name of the metric. */
const documented = new Map(
  [...textOf('docs/reference/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) /gm)].map(([, name = '', type]) => [
    name,
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  ]),
);

describe('The dashboards', () => {
  it('are three, with different uids', () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual(['delivery', 'platform', 'service']);
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(3);
  });

  it.each(panels)('$name: says what it shows, in which unit, and what to conclude', (panel) => {
    expect(panel.title).toMatch(/^[A-Z]/);
    expect(panel.description).toMatch(/^[A-Z0-9].{30,}\.$/);
    expect(panel.fieldConfig?.defaults.unit).toMatch(/^\w+$/);
    expect(panel.targets?.length).toBeGreaterThan(0);
  });

  it.each(dashboards)('$title has no two panels of the same title', (dashboard) => {
    const titles = panelsOf(dashboard).map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });
});

describe('The metrics on the dashboards', () => {
  const known = new Set(['up', ...[...documented.values()].flat()]);

  beforeAll(() => {
    for (const name of all(textOf('deploy/prometheus/objectives.yml'), /record: (\S+)/g)) known.add(name);
    const register = new Registry();
    collectDefaultMetrics({ register });
    for (const { name, type } of register.getMetricsAsArray() as unknown as { name: string; type: string }[])
      for (const part of type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) known.add(name + part);
  });

  it.each([...documented])('include %s', (_, series) => {
    expect(series.some((name) => shown.has(name))).toBe(true);
  });

  it('include every series that the alerts on objectives compare', () => {
    const series = all(textOf('deploy/prometheus/objectives.yml'), /record: (\S+:ratio_rate\w+)/g);
    expect(series.length).toBeGreaterThan(8);
    expect(series.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('exist', () => {
    const named = dashboards.flatMap(({ templating }) => (templating?.list ?? []).map((each) => labelOf(each).metric));
    expect([...shown, ...named].filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([
    [
      'sum by (le, service) (rate(a_bucket{service="$service",b=~"5.."}[$__rate_interval])) or 0 * max(c)',
      'a_bucket c',
    ],
    ['topk(10, a:b:rate5m / on (instance) group_left (d) e) > 0.5', 'a:b:rate5m e'],
  ])('are found in %s', (expression, names) => {
    expect(metricsIn(expression).join(' ')).toBe(names);
  });
});

describe('The data sources', () => {
  const text = readFileSync(join(GRAFANA, 'datasources/twofold.yml'), 'utf8');
  const uids = all(text, /^ {4}uid: (\w+)$/gm);

  it('are Prometheus and Jaeger', () => {
    expect(uids).toEqual(['prometheus', 'jaeger']);
  });

  it('are those that the dashboards and the exemplars name', () => {
    const variables = dashboards.flatMap(({ templating }) => templating?.list ?? []);
    for (const { datasource } of [...panels, ...variables])
      expect(datasource).toEqual({ type: 'prometheus', uid: 'prometheus' });
    expect(all(text, /datasourceUid: (\w+)/g)).toEqual(['jaeger']);
  });

  it('name the label of the exemplars', () => {
    const label = /exemplarLabels: \{ (\w+):/.exec(textOf('libs/telemetry/src/metrics.ts'))?.[1];
    expect(text).toContain(`- name: ${label}\n`);
  });

  it('have the interval at which Prometheus reads the metrics', () => {
    const [interval] = all(textOf('deploy/prometheus/prometheus.yml'), /scrape_interval: (\w+)/g);
    expect(text).toContain(`timeInterval: ${interval}\n`);
  });
});
