import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';

/** The fields of Grafana's format that the dashboards of deploy/grafana use, and tests read. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating?: { readonly list: readonly Variable[] };
}

export interface Panel {
  readonly type: 'row' | 'timeseries';
  readonly title: string;
  readonly description?: string;
  readonly datasource?: DataSource;
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string }[];
}

interface DataSource {
  readonly type: string;
  readonly uid: string;
}

interface Variable {
  readonly name: string;
  readonly datasource: DataSource;
  readonly query: string;
}

export const GRAFANA = join(packageRoot(), 'deploy/grafana');

export function readDashboards(): Dashboard[] {
  const folder = join(GRAFANA, 'dashboards');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard);
}

/** The panels of a dashboard that show something, which its rows do not. */
export function panelsOf({ panels }: Dashboard): Panel[] {
  return panels.filter(({ type }) => type !== 'row');
}

/** What Grafana asks Prometheus for, as it is written: with variables. */
export function expressionsOf(dashboard: Dashboard): string[] {
  return panelsOf(dashboard).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

/** The metric and the label whose values a variable of a dashboard has. */
export function labelOf({ query }: Variable): { metric: string; label: string } {
  const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
  if (!metric || !label) throw new Error(`Not the values of a label: ${query}`);
  return { metric, label };
}

/** The names of the metrics and recorded series in an expression of PromQL. */
export function metricsIn(expression: string): string[] {
  const rest = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  return [...rest.matchAll(/\b[a-z_][\w:]*\b(?!\s*\()/gi)]
    .map(([name]) => name)
    .filter((name) => !['and', 'or', 'unless', 'bool'].includes(name));
}
