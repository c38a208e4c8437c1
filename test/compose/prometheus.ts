import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { serviceNames } from '#contracts';
import type { Client } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { docker } from './compose.js';

const IMAGE = process.env['PROMETHEUS_IMAGE'] ?? 'prom/prometheus:v2.53.3';
const RULES = join(packageRoot(), 'deploy/prometheus');
/** For two scrapes, and for the evaluation of the rules after them. */
const PATIENCE_MS = 120_000;

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
  const ask = async <T>(path: string): Promise<T> =>
    ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: T }).data;
  const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
  const rules = groups.flatMap((group) => group.rules);
  const recorded = rules.filter(({ type }) => type === 'recording').map(({ name }) => name);
  for (const { name, query } of rules.filter(({ type }) => type === 'alerting'))
    for (const [series] of query.matchAll(/\w+:\w+:\w+/g)) assert.ok(recorded.includes(series), `${name}: ${series}`);
  const missing = new Set(recorded);
  await eventually(
    'each recorded series has a value',
    async () => {
      await requestEachService(api);
      for (const name of missing) {
        const { result } = await ask<{ result: unknown[] }>(`query?query=${encodeURIComponent(name)}`);
        if (result.length > 0) missing.delete(name);
      }
      return missing.size === 0;
    },
    PATIENCE_MS,
  ).catch(() => assert.fail(`without a value: ${[...missing].join(', ')}`));
  const { activeTargets } = await ask<{ activeTargets: { scrapePool: string; health: string }[] }>('targets');
  assert.deepEqual(
    activeTargets.map(({ health }) => health),
    serviceNames.map(() => 'up'),
  );
  const failing = (await ask<{ groups: { rules: Rule[] }[] }>('rules')).groups
    .flatMap((group) => group.rules)
    .filter(({ health }) => health !== 'ok');
  assert.deepEqual(failing, []);
  return `${activeTargets.length} processes, ${recorded.length} series`;
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
