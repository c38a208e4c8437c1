/** Measures the cost with Kafka and Redis, as ratios to a measured limit: `npm run bench:parts`. Needs Docker. */
import { parseArgs } from 'node:util';
import { withContainers } from '../support/infrastructure/containers.js';
import { openArena } from './arena.js';
import { consume, CONSUMED } from './contests/consume.js';
import { readPostsFromRedis } from './contests/posts.js';
import { PUBLISHED, publishToStored } from './contests/way.js';
import { assertCpuTimeIsReadable, cpuOfThreads } from './cpu.js';
import { CACHED, type Figure } from './statistics/figures.js';
import { measure } from './measure.js';
import { legendOf, table } from './statistics/report.js';

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string', default: '7' } } });

assertCpuTimeIsReadable();
await withContainers(async (containers) => {
  const { parts } = containers;
  const [redis, kafka] = [await containers.pid('redis'), await containers.pid('kafka')];
  const figures: readonly Figure[] = [
    {
      key: 'redis',
      operations: 20_000,
      prepare: (arena) => readPostsFromRedis(arena, parts.redis),
      cpuOfPart: () => cpuOfThreads(redis),
      lines: [{ name: 'cached GET, in Redis', of: 'cpu', floor: 0.6, aim: 0.9 }],
      sides: {
        limit: 'Fastify; one GET from Redis, pipelined with those of other requests; without expiry or invalidation',
        ours: `${CACHED}; the same with expiry, epochs and one reader per entry`,
      },
    },
    {
      key: 'consume',
      operations: CONSUMED,
      prepare: (arena) => consume(arena, parts.kafka),
      cpuOfPart: () => cpuOfThreads(kafka),
      lines: [{ name: 'consumer with inbox', of: 'cpu', floor: 0.5, aim: 0.85 }],
      sides: {
        limit: 'batches from Kafka, parsed, and one insert of their notifications; a crash repeats the effects',
        ours: 'the same batches and insert; envelope and payload checked, an inbox row per event in the same transaction, order per key; a crash repeats nothing',
      },
    },
    {
      key: 'way',
      operations: PUBLISHED,
      prepare: (arena) => publishToStored(arena, parts.kafka),
      lines: [
        { name: 'publish to notification, p50', of: 'p50', as: 'multiple' },
        { name: 'publish to notification, p99', of: 'p99', floor: 2, aim: 1.3, as: 'multiple' },
      ],
      sides: {
        limit: 'a commit, a message from producer to consumer, a commit',
        ours: 'a request that publishes a draft, the outbox, the relay, Kafka, the inbox, the fan-out to a follower',
      },
    },
  ];
  const arena = await openArena();
  try {
    const rows: string[][] = [];
    const chosen = figures.filter(({ key }) => values.only === undefined || values.only.split(',').includes(key));
    for (const figure of chosen) rows.push(...(await measure(figure, arena, Number(values.rounds))));
    process.stdout.write(`${table(rows)}\n${legendOf(chosen)}`);
  } finally {
    await arena.close();
  }
});
