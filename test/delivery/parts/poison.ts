import { PostDeletedV1 } from '#contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Scenario } from './scenarios.js';
import type { Stage } from './stage.js';

/** The event key for which the probe always throws. */
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

/**
 * The messages, and the dead letters of the services that consume posts.post. The handler posts.cache only invalidates
 * and has no inbox, so posts dead-letters only what is not an event.
 */
const poisons: readonly { readonly what: string; readonly make: () => Poison; readonly dead: readonly string[] }[] = [
  {
    what: 'not an event',
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
    what: '1 MB that does not match the schema',
    make: () => ({
      key: uuidv7(),
      value: JSON.stringify({ text: 'x'.repeat(1_000_000) }),
      headers: envelope('posts.post.deleted.v1'),
    }),
    dead: ['notifications: notifications.posts', 'probe: probe.everything'],
  },
  {
    what: 'an event whose handler always throws',
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

/** More than 1 % of all messages are poison. Exactly these are dead-lettered, and no other event is delayed by them. */
export const poison: Scenario = {
  name: 'poison',
  // The second attempt is due only after all other events are delivered.
  settings: { RETRY_SCHEDULE: '0,600', DELIVERY_THROWS_AT: THROWS },
  during: async (stage, writes) => {
    for (const [index, { make }] of poisons.entries()) {
      await stage.after((writes * (index + 1)) / (poisons.length + 2));
      stage.markDisruption();
      await produce(stage, make());
    }
    return [];
  },
  expected: () => ['dead in', 'parked in probe: probe.everything'],
  afterwards: async (stage) => {
    const parked = await stage.query<{ key: string }>('select key from probe.parked');
    await stage.query('update probe.parked set next_try = now()');
    await stage.settle();
    const dead = await stage.query<{ consumer: string }>(
      ['posts', 'notifications', 'probe', 'users', 'auth']
        .map((service) => `select '${service}: ' || consumer as consumer from ${service}.dead_letters`)
        .join(' union all '),
    );
    const found = dead.map(({ consumer }) => consumer).sort();
    const wanted = poisons.flatMap((each) => each.dead).sort();
    return [
      ...(parked.map(({ key }) => key).join() === THROWS ? [] : ['other events than the failing one were parked']),
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
