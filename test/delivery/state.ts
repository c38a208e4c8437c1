import type pg from 'pg';
import { outOfOrder } from '../support/order.js';

/** One line of the probe's table. */
export interface ProbedEvent {
  readonly n: number;
  readonly event_id: string;
  readonly topic: string;
  readonly key: string;
  readonly sequence: number;
  /** The last of its key that the probe could see when this one came. */
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

/** What is there when everything has settled. */
export interface State {
  readonly heard: readonly ProbedEvent[];
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
  readonly copies: readonly {
    readonly id: string;
    readonly role: 'author' | 'person';
    readonly handle: string;
    readonly version: number;
  }[];
  readonly postCopies: readonly {
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
  /** Rows of outboxes, parked events and dead letters. */
  readonly left: readonly string[];
}

const schemas = ['auth', 'users', 'posts', 'notifications', 'probe'];
const each = (select: (schema: string) => string) => schemas.map(select).join(' union all ');

export async function stateOf(client: pg.Client): Promise<State> {
  const all = async <R extends object>(sql: string): Promise<R[]> => (await client.query<R>(sql)).rows;
  const [redelivered] = await all<{ total: string }>(
    `select coalesce(sum(n), 0) as total from (${each((s) => `select deliveries - 1 as n from ${s}.inbox`)}) as r`,
  );
  return {
    heard: (await all<ProbedEvent>('select * from probe.heard order by n')).map(numbers),
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
    copies: (
      await all<State['copies'][number]>(
        `select id, 'author' as role, handle, version from posts.authors
         union all select id, 'person', handle, version from notifications.people`,
      )
    ).map(numbers),
    postCopies: (
      await all<State['postCopies'][number]>('select id, title, version, deleted from notifications.posts')
    ).map(numbers),
    notifications: await all('select event_id, recipient_id, type, state from notifications.notifications'),
    misplaced: await all(each((s) => outOfOrder(`${s}.inbox`))),
    redelivered: Number(redelivered?.total),
    left: (await leftIn(client)).map(({ what }) => what),
  };
}

/** What has not arrived yet, or will not arrive any more. */
export async function leftIn(client: pg.Client): Promise<{ what: string }[]> {
  const sql = each(
    (s) => `select 'outbox of ${s}: ' || type || ' ' || id as what from ${s}.outbox
      union all select 'parked in ${s}: ' || consumer || ' ' || event_id from ${s}.parked
      union all select 'dead in ${s}: ' || consumer || ' ' || event_id || ' ' || reason from ${s}.dead_letters`,
  );
  return (await client.query<{ what: string }>(sql)).rows;
}

/** bigint columns come as text. */
function numbers<R extends object>(row: R): R {
  const read = Object.entries(row).map(([name, value]) => [
    name,
    ['n', 'sequence', 'found', 'comment_sequence', 'version'].includes(name) ? Number(value) : value,
  ]);
  return Object.fromEntries(read) as R;
}
