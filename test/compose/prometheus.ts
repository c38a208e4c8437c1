import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { serviceNames } from '#contracts';
import type { Client } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { askPrometheus, evaluate, rulesOf } from '../support/prometheus.js';
import { docker } from './compose.js';
import { expressionsOf, labelOf, panelsOf, readDashboards } from './dashboards.js';

const IMAGE = process.env['PROMETHEUS_IMAGE'] ?? 'prom/prometheus:v2.53.3';
const RULES = join(packageRoot(), 'deploy/prometheus');
/** For two scrapes, and for the evaluation of the rules after them. */
const PATIENCE_MS = 120_000;
/** Grafana would take 20 s, for one scrape in 5 s; with more, a slow machine has values too. */
const RATE_INTERVAL = '1m';

/** Runs the tests of the alerts with promtool, and checks that each alert has a runbook. */
export async function testAlerts(): Promise<string> {
  await docker(
    'run',
    '--rm',
    '-v',
    `${RULES}:/p:ro`,
    '--entrypoint',
    'promtool',
    IMAGE,
    'test',
    'rules',
    '/p/alerts.test.yml',
  );
  const alerts = readFileSync(join(RULES, 'alerts.yml'), 'utf8');
  const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? '');
  const tests = readFileSync(join(RULES, 'alerts.test.yml'), 'utf8');
  for (const name of names) {
    const cases = tests.split(`alertname: ${name}\n`).slice(1);
    assert.ok(
      cases.some((each) => each.trimStart().startsWith('exp_alerts: []')),
      `${name} is not shown to stay silent`,
    );
    assert.ok(
      cases.some((each) => /^\s+exp_alerts:\n/.test(each)),
      `${name} is not shown to fire`,
    );
  }
  for (const [, runbook = ''] of alerts.matchAll(/runbook: (\S+)/g))
    assert.match(readFileSync(join(packageRoot(), runbook), 'utf8'), /## Fix/, runbook);
  return `${names.length} alerts`;
}

interface Rule {
  readonly name: string;
  readonly type: 'recording' | 'alerting';
  readonly query: string;
  readonly health: string;
}

/** Waits until Prometheus has read every service, and has a value for each series that an alert compares. */
export async function findSeries(url: string, api: Client): Promise<string> {
  const rules = await rulesOf<Rule>(url);
  const recorded = rules.filter(({ type }) => type === 'recording').map(({ name }) => name);
  for (const { name, query } of rules.filter(({ type }) => type === 'alerting'))
    for (const [series] of query.matchAll(/\w+:\w+:\w+/g)) assert.ok(recorded.includes(series), `${name}: ${series}`);
  await findValues(url, api, recorded);
  const { activeTargets } = await askPrometheus<{ activeTargets: { health: string }[] }>(url, 'targets');
  assert.deepEqual(
    activeTargets.map(({ health }) => health),
    serviceNames.map(() => 'up'),
  );
  const failing = (await rulesOf<Rule>(url)).filter(({ health }) => health !== 'ok');
  assert.deepEqual(failing, []);
  return `${activeTargets.length} processes, ${recorded.length} series`;
}

/** Waits until each query of each panel has a value: those that are about one service, for each service. */
export async function findPanels(url: string, api: Client): Promise<string> {
  const dashboards = readDashboards();
  for (const variable of dashboards.flatMap(({ templating }) => templating?.list ?? [])) {
    const { metric, label } = labelOf(variable);
    const values = await askPrometheus<string[]>(url, `label/${label}/values?match[]=${metric}`);
    assert.deepEqual(values, serviceNames.toSorted(), variable.query);
  }
  const expressions = [...new Set(dashboards.flatMap(expressionsOf))];
  const queries = expressions
    .map((expression) => expression.replaceAll('$__rate_interval', RATE_INTERVAL))
    .flatMap((query) => [...new Set(serviceNames.map((service) => query.replaceAll('$service', service)))]);
  for (const query of queries) assert.doesNotMatch(query, /\$/);
  await findValues(url, api, queries);
  const panels = dashboards.flatMap(panelsOf);
  return `${dashboards.length} dashboards, ${panels.length} panels, ${queries.length} queries`;
}

/** Sends requests until each query has a value that is a number. Throws at once if Prometheus does not understand one. */
async function findValues(url: string, api: Client, queries: readonly string[]): Promise<void> {
  const missing = new Set<string>();
  for (const query of queries) if (!(await hasNumber(url, query))) missing.add(query);
  const found = eventually(
    'each query has a value',
    async () => {
      await requestEachService(api);
      for (const query of missing) if (await hasNumber(url, query)) missing.delete(query);
      return missing.size === 0;
    },
    PATIENCE_MS,
  );
  await found.catch((error: Error) =>
    assert.fail([error.message, ...[...missing].map((query) => `without a value: ${query}`)].join('\n')),
  );
}

/** NaN is no answer: it is the quantile of nothing, or the share of nothing. */
async function hasNumber(url: string, query: string): Promise<boolean> {
  return (await evaluate(url, query)).some(({ value: [, text] }) => text !== 'NaN');
}

/** A rate needs requests between two scrapes. */
async function requestEachService(api: Client): Promise<void> {
  const { token, email, password, id } = await api.person('Measured');
  await api.post('/v1/auth/login', { email, password });
  await api.get('/v1/auth/account', { token });
  await api.patch('/v1/users/me', { bio: 'B' }, { token });
  await api.get(`/v1/users/${id}`);
  await api.post('/v1/posts', { title: 'T', body: 'B', status: 'published' }, { token });
  await api.get('/v1/posts');
  await api.get('/v1/notifications', { token });
}
