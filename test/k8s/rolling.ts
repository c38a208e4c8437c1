import { serviceNames } from '#contracts';
import assert from 'node:assert/strict';
import type { Client } from '../support/platform/client.js';
import { endWithoutFailure, type Loading, load, writerKnownEverywhere } from '../support/load/load.js';
import { eventually } from '../support/eventually.js';
import { isReady, kubectl, list, podsOf, whenRolledOut } from './cluster/kubectl.js';

/** The deployments of the services overlay that are ours. */
export const ourDeployments = [...serviceNames, 'gateway'];

const REQUESTS = 5_000;
const READERS_ALONE = 300;

/** Readers and writers of each service, until `end`. */
async function loadAll(api: Client): Promise<Loading[]> {
  const { id, token, post } = await writerKnownEverywhere(api);
  const authorization = `Bearer ${token}`;
  const write = (method: string, path: string, content?: object) =>
    load(`${api.url}${path}`, {
      method,
      headers: { authorization, ...(content ? { 'content-type': 'application/json' } : {}) },
      ...(content ? { body: JSON.stringify(content) } : {}),
    });
  return [
    load(`${api.url}/v1/posts/${post}`),
    load(`${api.url}/v1/users/${id}`),
    load(`${api.url}/.well-known/jwks.json`),
    load(`${api.url}/v1/notifications`, { headers: { authorization } }),
    write('POST', '/v1/posts', { title: 'T', body: 'B' }),
    write('PUT', `/v1/posts/${post}/like`),
    write('PATCH', '/v1/users/me', { bio: 'Writes often.' }),
  ];
}

/**
 * Restarts each deployment under at least 5,000 requests of readers and writers. A request has failed if its first try had no
 * expected response.
 */
export async function checkRollingRestarts(api: Client, deployments: readonly string[]): Promise<string> {
  await withTwoReplicas(deployments);
  const counts: string[] = [];
  for (const deployment of deployments) {
    const before = await namesOf(deployment);
    const loads = await loadAll(api);
    await Promise.all(loads.map((each) => each.after(20)));
    await kubectl('rollout', 'restart', `deployment/${deployment}`);
    await whenRolledOut(deployment);
    await whenGone(before);
    await Promise.all(loads.map((each) => each.after(Math.ceil(REQUESTS / loads.length))));
    counts.push(`${deployment} ${await endWithoutFailure(loads, `the restart of ${deployment}`)}`);
  }
  return `${counts.join(', ')} requests, failed 0`;
}

/** A rollout whose pods do not become ready stops by itself; the old pods serve, and `rollout undo` ends it. */
export async function checkFailingRollout(api: Client): Promise<string> {
  const before = await namesOf('posts');
  const { body } = await api.get('/v1/posts?limit=1');
  const [post] = body.data as unknown as { id: string }[];
  const loading = load(`${api.url}/v1/posts/${post?.id}`);
  await kubectl('patch', 'deployment/posts', '-p', JSON.stringify({ spec: { progressDeadlineSeconds: 15 } }));
  await kubectl('set', 'env', 'deployment/posts', 'RATE_LIMIT=nonsense');
  await assert.rejects(whenRolledOut('posts', 120), /exceeded its progress deadline/);
  const ready = (await podsOf('posts')).filter(isReady).map(({ metadata }) => metadata.name);
  assert.deepEqual(ready.toSorted(), before.toSorted(), 'the old pods are not those that serve');
  await kubectl('rollout', 'undo', 'deployment/posts');
  await whenRolledOut('posts');
  assert.doesNotMatch(await kubectl('get', 'deployment', 'posts', '-o', 'yaml'), /nonsense/);
  await loading.after(READERS_ALONE);
  const answers = await endWithoutFailure([loading]);
  return `${before.length} old pods kept serving, ${answers} requests, failed 0`;
}

/** The autoscalers would add replicas under this load. */
export async function withTwoReplicas(deployments: readonly string[]): Promise<void> {
  const scalers = await list('hpa');
  for (const { metadata } of scalers.filter(({ metadata: { name } }) => deployments.includes(name)))
    await kubectl('patch', `hpa/${metadata.name}`, '-p', JSON.stringify({ spec: { minReplicas: 2, maxReplicas: 2 } }));
  await eventually(
    'each has two replicas',
    async () => {
      const counts = await Promise.all(deployments.map(async (name) => (await podsOf(name)).filter(isReady).length));
      return counts.every((count) => count === 2);
    },
    120_000,
  );
}

async function namesOf(deployment: string): Promise<string[]> {
  return (await podsOf(deployment)).map(({ metadata }) => metadata.name);
}

/** The last old pod drains after its deployment is rolled out. */
async function whenGone(pods: readonly string[]): Promise<void> {
  await eventually(
    'the old pods are gone',
    async () => {
      const present = (await list('pods')).map(({ metadata }) => metadata.name);
      return !pods.some((pod) => present.includes(pod));
    },
    60_000,
  );
}
