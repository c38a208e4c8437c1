import { serviceNames } from '#contracts';
import type pg from 'pg';
import { outOfOrder } from '../../support/database/order.js';

/** One row of the table of the probe. */
export interface ProbedEvent {
  readonly n: number;
  readonly event_id: string;
  readonly topic: string;
  readonly key: string;
  readonly sequence: number;
  /** The highest sequence of its key that the probe could see when it handled this event. */
  readonly found: number;
  readonly type: string;
  readonly time: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Row {
  readonly id: string;
  readonly sequence: number;
  readonly version: number;
}

/** What is stored when all events are delivered. */
export interface State {
  readonly received: readonly ProbedEvent[];
  readonly accounts: readonly (Omit<Row, 'version'> & { readonly email: string })[];
  readonly users: readonly (Row & { readonly handle: string })[];
  readonly posts: readonly (Row & {
    readonly title: string;
    readonly summary: string;
    readonly status: string;
    readonly comments: number;
    readonly likes: number;
    readonly comment_sequence: number;
  })[];
  readonly comments: readonly { readonly post_id: string; readonly author_id: string; readonly body: string }[];
  readonly likes: readonly { readonly post_id: string; readonly account_id: string }[];
  readonly follows: readonly { readonly follower_id: string; readonly followee_id: string }[];
  readonly recipients: readonly { readonly id: string }[];
  readonly projections: readonly {
    readonly id: string;
    readonly role: 'author' | 'person';
    readonly handle: string;
    readonly version: number;
  }[];
  readonly postProjections: readonly {
    readonly id: string;
    readonly title: string;
    readonly version: number;
    readonly deleted: boolean;
  }[];
  readonly notifications: readonly {
    readonly event_id: string;
    readonly recipient_id: string;
    readonly type: string;
    readonly state: string;
  }[];
  readonly misplaced: readonly {
    readonly consumer: string;
    readonly key: string;
    readonly sequence: number;
    readonly found_sequence: number;
  }[];
  readonly redelivered: number;
  /** Events that are in an outbox, parked or dead-lettered. */
  readonly undelivered: readonly string[];
}

const schemas = [...serviceNames, 'probe'];
const each = (select: (schema: string) => string) => schemas.map(select).join(' union all ');

export async function stateOf(client: pg.Client): Promise<State> {
  const all = async <R extends object>(sql: string): Promise<R[]> => (await client.query<R>(sql)).rows;
  const [redelivered] = await all<{ total: string }>(
    `select coalesce(sum(n), 0) as total from (${each((s) => `select deliveries - 1 as n from ${s}.inbox`)}) as r`,
  );
  return {
    received: (await all<ProbedEvent>('select * from probe.received order by n')).map(numbers),
    accounts: (await all<State['accounts'][number]>('select id, email, sequence from auth.accounts')).map(numbers),
    users: (await all<State['users'][number]>('select id, sequence, version, handle from users.users')).map(numbers),
    posts: (
      await all<State['posts'][number]>(
        'select id, sequence, version, title, summary, status, comments, likes, comment_sequence from posts.posts',
      )
    ).map(numbers),
    comments: await all('select post_id, author_id, body from posts.comments where not deleted'),
    likes: await all('select post_id, account_id from posts.likes where active'),
    follows: await all('select follower_id, followee_id from users.follows'),
    recipients: await all('select id from notifications.recipients'),
    projections: (
      await all<State['projections'][number]>(
        `select id, 'author' as role, handle, version from posts.authors
         union all select id, 'person', handle, version from notifications.people`,
      )
    ).map(numbers),
    postProjections: (
      await all<State['postProjections'][number]>('select id, title, version, deleted from notifications.posts')
    ).map(numbers),
    notifications: await all('select event_id, recipient_id, type, state from notifications.notifications'),
    misplaced: await all(each((s) => outOfOrder(`${s}.inbox`))),
    redelivered: Number(redelivered?.total),
    undelivered: (await undeliveredIn(client)).map(({ what }) => what),
  };
}

/** Events that are not delivered: still in an outbox, parked, or dead-lettered. */
export async function undeliveredIn(client: pg.Client): Promise<{ what: string }[]> {
  const sql = each(
    (s) => `select 'outbox of ${s}: ' || type || ' ' || id as what from ${s}.outbox
      union all select 'parked in ${s}: ' || consumer || ' ' || event_id from ${s}.parked
      union all select 'dead in ${s}: ' || consumer || ' ' || event_id || ' ' || reason from ${s}.dead_letters`,
  );
  return (await client.query<{ what: string }>(sql)).rows;
}

/** Parses bigint columns, which pg returns as strings. */
function numbers<R extends object>(row: R): R {
  const read = Object.entries(row).map(([name, value]) => [
    name,
    ['n', 'sequence', 'found', 'comment_sequence', 'version'].includes(name) ? Number(value) : value,
  ]);
  return Object.fromEntries(read) as R;
}
