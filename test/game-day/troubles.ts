import type { Client, Person } from '../support/platform/client.js';
import type { Compose } from '../compose/compose.js';

/** Where a trouble is caused: a platform of `docker compose`, with compose.observability.yaml. */
export interface Stage {
  readonly compose: Compose;
  readonly api: Client;
  /** URL of its Prometheus. */
  readonly prometheus: string;
}

/** Something that goes wrong in production, made on purpose. */
export interface Trouble {
  /** The alert that must notice it. */
  readonly alert: string;
  readonly what: string;
  readonly cause: (stage: Stage) => Promise<void>;
  /** May be called although `cause` has not come to its end. */
  readonly repair: (stage: Stage) => Promise<void>;
}

export const troubles: Readonly<Record<string, Trouble>> = {
  'handler-fails': {
    alert: 'EventsParked',
    what: 'A constraint refuses what the fan-out writes, and a user publishes a post.',
    cause: async (stage) => {
      await sql(
        stage,
        `alter table notifications.notifications add constraint game_day check (type <> 'post.published') not valid`,
      );
      await publishToFollower(stage);
    },
    repair: (stage) => sql(stage, 'alter table notifications.notifications drop constraint if exists game_day'),
  },
  'service-down': {
    alert: 'ServiceDown',
    what: 'The service users is stopped.',
    cause: async ({ compose }) => void (await compose.do('stop', 'users')),
    repair: async ({ compose }) => void (await compose.do('start', 'users')),
  },
  'kafka-down': {
    alert: 'OutboxStuck',
    what: 'Kafka is stopped, and a user publishes a post.',
    cause: async (stage) => {
      // The service posts must know the author: without Kafka it does not learn of a new one.
      const { token } = await authorOf(stage);
      await stage.compose.do('stop', 'kafka');
      await publish(stage, token);
    },
    repair: async ({ compose }) => void (await compose.do('start', 'kafka')),
  },
};

async function sql({ compose }: Stage, statement: string): Promise<void> {
  const psql = ['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', 'notifications', '-c', statement];
  await compose.do('exec', '-T', 'postgres', ...psql);
}

async function publishToFollower(stage: Stage): Promise<void> {
  const [author, reader] = [await authorOf(stage), await stage.api.person('Reader')];
  expectStatus(await stage.api.put(`/v1/users/${author.id}/follow`, { token: reader.token }), 204);
  await publish(stage, author.token);
}

/** A user who has published a post, so that each service knows the account. */
async function authorOf(stage: Stage): Promise<Person> {
  const author = await stage.api.person('Author');
  await publish(stage, author.token);
  return author;
}

async function publish({ api }: Stage, token: string): Promise<void> {
  const post = { title: 'Game day', body: 'Nobody is notified of this, for now.', status: 'published' };
  expectStatus(await api.post('/v1/posts', post, { token }), 201);
}

function expectStatus({ status, text }: { status: number; text: string }, expected: number): void {
  if (status !== expected) throw new Error(`Answered with ${status} instead of ${expected}: ${text}`);
}
