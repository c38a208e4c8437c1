import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { type Client, type Person, type Reply, tokenOf } from '../support/platform/client.js';
import type { Jaeger } from '../support/tracing/jaeger.js';
import { graphOf } from './graph.js';
import { expectedGraph, type Scene, stories, type Topology } from './stories.js';

const traceIdOf = ({ headers }: Reply) => headers.get('x-trace-id') ?? '';

/** The checks of all stories, on a platform that does nothing else: each throws with both graphs if they differ. */
export async function storyChecks(
  api: Client,
  jaeger: Jaeger,
  topology: Topology,
): Promise<readonly { readonly name: string; readonly check: () => Promise<string> }[]> {
  const scene = await prepare(api, jaeger, topology);
  return stories.map((story) => ({
    name: `the trace of ${story.name}`,
    check: async () => {
      const id = traceIdOf(await story.run(api, scene));
      const expected = expectedGraph(story, topology);
      await graphInJaeger(jaeger, id, expected.length);
      await everythingIsExported(api, jaeger);
      const graph = graphOf(await jaeger.trace(id));
      assert.deepEqual(graph, expected, `trace ${id}`);
      return `${graph.length} spans and their statements`;
    },
  }));
}

/** An author, a reader and a post whose events have all been handled, so that no batch holds them and those of a story. */
async function prepare(api: Client, jaeger: Jaeger, topology: Topology): Promise<Scene> {
  const [author, reader] = [await register(api, jaeger, topology), await register(api, jaeger, topology)];
  const publish = stories.find(({ name }) => name === 'publishing a post');
  assert.ok(publish);
  const scene = { author, reader, post: '' };
  const published = await publish.run(api, scene);
  await graphInJaeger(jaeger, traceIdOf(published), expectedGraph(publish, topology).length);
  return { ...scene, post: published.body.data.id };
}

/** An account whose events have all been handled. */
async function register(api: Client, jaeger: Jaeger, topology: Topology): Promise<Person> {
  const [email, password] = [`${randomUUID()}@example.com`, 'correct horse battery'];
  const reply = await api.post('/v1/auth/register', { email, password, displayName: 'Somebody' });
  const [opening] = stories;
  assert.ok(opening);
  await graphInJaeger(jaeger, traceIdOf(reply), expectedGraph(opening, topology).length);
  const { accountId: id, accessToken: token, refreshToken } = reply.body.data;
  return { id, email, password, token, refreshToken, consistency: tokenOf(reply) };
}

/** Spans are exported in the order in which they end: with a later request of each service, all before it are there. */
export async function everythingIsExported(api: Client, jaeger: Jaeger): Promise<void> {
  const paths = ['/.well-known/jwks.json', '/v1/users', '/v1/posts', '/v1/notifications'];
  const replies = await Promise.all(paths.map((path) => api.get(path)));
  for (const reply of replies)
    await eventually('a later request is in Jaeger', async () => (await jaeger.trace(traceIdOf(reply))).length > 0);
}

/** The graph as soon as it has at least this many lines, or what there is after 15 s. */
async function graphInJaeger(jaeger: Jaeger, id: string, size: number): Promise<readonly string[]> {
  let graph: readonly string[] = [];
  const isComplete = async () => (graph = graphOf(await jaeger.trace(id))).length >= size;
  await eventually('the trace is in Jaeger', isComplete).catch(() => undefined);
  return graph;
}

/** Publications at the same time: each has its own trace, with the handlers of its own event and no others. */
export async function checkConcurrentPublications(api: Client, jaeger: Jaeger, count: number): Promise<void> {
  const { token } = await api.person('Busy');
  const story = stories.find(({ name }) => name === 'publishing a post');
  assert.ok(story);
  const consumers = story.events[0]?.consumers ?? [];
  const body = { title: 'T', body: 'B', status: 'published' };
  const replies = await Promise.all(Array.from({ length: count }, () => api.post('/v1/posts', body, { token })));
  const ids = new Set<unknown>();
  for (const reply of replies) {
    const handlers = await eventually('every handler is in Jaeger', async () => {
      const spans = await jaeger.trace(traceIdOf(reply));
      const found = spans.filter(({ attributes }) => attributes['messaging.operation.name'] === 'process');
      return found.length >= consumers.length && found;
    });
    const names = handlers.map(({ attributes }) => String(attributes['messaging.consumer.group.name']));
    assert.deepEqual(names.toSorted(), consumers.toSorted());
    const events = new Set(handlers.map(({ attributes }) => attributes['messaging.message.id']));
    assert.equal(events.size, 1, `the handlers in trace ${traceIdOf(reply)} are of ${events.size} events`);
    ids.add([...events][0]);
  }
  assert.equal(ids.size, count);
}
