import { PostDeletedV1 } from '#contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Scenario } from './scenarios.js';
import type { Stage } from './stage.js';

/** The key at which the probe throws, always. */
export const THROWS = '01940000-0000-7000-8000-00000000dead';

interface Poison {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

const envelope = (type: string, more: Record<string, string> = {}): Record<string, string> => ({
  ce_specversion: '1.0',
  'content-type': 'application/json',
  ce_id: uuidv7(),
  ce_type: type,
  ce_source: '/twofold/posts',
  ce_time: new Date().toISOString(),
  ce_sequence: '1',
  ...more,
});

/** Of the services that listen to posts.post; the cache of posts follows the effects of others, and has no inbox. */
const poisons: readonly { readonly what: string; readonly make: () => Poison; readonly dead: readonly string[] }[] = [
  {
    what: 'no event at all',
    make: () => ({ key: uuidv7(), value: 'hello', headers: {} }),
    dead: ['posts: transport', 'notifications: transport', 'probe: transport'],
  },
  {
    what: 'bad JSON',
    make: () => ({ key: uuidv7(), value: '{"postId":', headers: envelope('posts.post.deleted.v1') }),
    dead: ['notifications: notifications.posts', 'probe: probe.everything'],
  },
  {
    what: 'an unknown version',
    make: () => ({ key: uuidv7(), value: '{}', headers: envelope('posts.post.deleted.v9') }),
    dead: ['notifications: notifications.posts', 'probe: probe.everything'],
  },
  {
    what: '1 MB of something else',
    make: () => ({
      key: uuidv7(),
      value: JSON.stringify({ text: 'x'.repeat(1_000_000) }),
      headers: envelope('posts.post.deleted.v1'),
    }),
    dead: ['notifications: notifications.posts', 'probe: probe.everything'],
  },
  {
    what: 'what a handler cannot bear',
    make: () => ({
      key: THROWS,
      value: JSON.stringify(
        PostDeletedV1.data.parse({
          postId: THROWS,
          authorId: THROWS,
          slug: 'poison',
          title: 'Poison',
          summary: null,
          tags: [],
          mentions: [],
          version: 1,
        }),
      ),
      headers: envelope('posts.post.deleted.v1'),
    }),
    dead: ['probe: probe.everything'],
  },
];

/** Poison among the events, at more than 1 %. It ends as dead letters, exactly, and nothing waits for it. */
export const poison: Scenario = {
  name: 'poison',
  // The second attempt comes when everything else has arrived, and not before.
  settings: { RETRY_SCHEDULE: '0,600', DELIVERY_THROWS_AT: THROWS },
  during: async (stage, writes) => {
    for (const [index, { make }] of poisons.entries()) {
      await stage.after((writes * (index + 1)) / (poisons.length + 2));
      stage.blow();
      await produce(stage, make());
    }
    return [];
  },
  expected: () => ['dead in', 'parked in probe: probe.everything'],
  afterwards: async (stage) => {
    const parked = await stage.query<{ key: string }>('select key from probe.parked');
    await stage.query('update probe.parked set next_try = now()');
    await stage.settle();
    const dead = await stage.query<{ who: string }>(
      ['posts', 'notifications', 'probe', 'users', 'auth']
        .map((service) => `select '${service}: ' || consumer as who from ${service}.dead_letters`)
        .join(' union all '),
    );
    const found = dead.map(({ who }) => who).sort();
    const wanted = poisons.flatMap((each) => each.dead).sort();
    return [
      ...(parked.map(({ key }) => key).join() === THROWS ? [] : ['the rest had to wait for what always fails']),
      ...(found.join() === wanted.join() ? [] : [`dead letters are ${found.join()}, not ${wanted.join()}`]),
    ];
  },
};

async function produce(stage: Stage, message: Poison): Promise<void> {
  const producer = stage.broker.kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: stage.broker.toTopic('posts.post'), messages: [message] });
  await producer.disconnect();
}
