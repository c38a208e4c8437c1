import type { History, Write } from './history.js';
import { checkReactions } from './reactions.js';
import type { ProbedEvent, State } from './state.js';
import { Verdict } from './verdict.js';

/** Compares the responses that the clients received with the stored state. Returns the violations found. */
export function findViolations(history: History, state: State): Verdict {
  const verdict = new Verdict();
  verdict.stale.push(...history.stale);
  const events = distinctEvents(state.received);
  checkProbe(state.received, verdict);
  checkSequences(state, events, history, verdict);
  checkAccounts(history, state, events, verdict);
  checkPosts(history, state, events, verdict);
  checkFollows(history, state, events, verdict);
  checkReactions(history, state, events, verdict);
  checkNotifications(state, events, verdict);
  for (const undelivered of state.undelivered) verdict.lost.push(`not delivered: ${undelivered}`);
  for (const row of state.misplaced) {
    verdict.misordered.push(`${row.consumer} handled ${row.sequence} of ${row.key} after ${row.found_sequence}`);
  }
  return verdict;
}

/** Number of keys that have events both before and after a kill. If it is 0, the kills have tested nothing. */
export function keysAcrossKills(state: State, kills: readonly Date[]): number {
  const across = [...byKey(distinctEvents(state.received)).values()].filter((events) =>
    kills.some((kill) => events.some((event) => event.time < kill) && events.some((event) => event.time > kill)),
  );
  return across.length;
}

function distinctEvents(received: readonly ProbedEvent[]): ProbedEvent[] {
  const firsts = new Map<string, ProbedEvent>();
  for (const event of received) if (!firsts.has(event.event_id)) firsts.set(event.event_id, event);
  return [...firsts.values()];
}

function byKey(events: readonly ProbedEvent[]): Map<string, ProbedEvent[]> {
  return Map.groupBy(events, (event) => `${event.topic}/${event.key}`);
}

function checkProbe(received: readonly ProbedEvent[], verdict: Verdict): void {
  for (const [id, lines] of Map.groupBy(received, (event) => event.event_id)) {
    if (lines.length > 1) verdict.doubledInProbe.push(`${lines[0]?.type} ${id} was handled ${lines.length} times`);
  }
  // The sequences of a key have no gaps. Two events handled concurrently count as out of order, too.
  for (const { topic, key, sequence, found } of distinctEvents(received)) {
    if (found !== sequence - 1) verdict.misordered.push(`${topic}/${key}: ${sequence} was handled after ${found}`);
  }
}

/** The events of a key are numbered from 1 to the sequence of its row, each exactly once. */
function checkSequences(state: State, events: readonly ProbedEvent[], history: History, verdict: Verdict): void {
  const rows = new Map<string, number>([
    ...state.accounts.map((row) => [`auth.account/${row.id}`, row.sequence] as const),
    ...state.users.map((row) => [`users.user/${row.id}`, row.sequence] as const),
    ...state.posts.map((row) => [`posts.post/${row.id}`, row.sequence] as const),
    ...state.posts.map((row) => [`posts.comment/${row.id}`, row.comment_sequence] as const),
  ]);
  const keys = byKey(events);
  const deletable = new Set(
    history.writes.filter((write) => write.kind === 'delete').map((write) => `posts.post/${write.target}`),
  );
  for (const key of new Set([...rows.keys(), ...keys.keys()])) {
    const received = keys.get(key) ?? [];
    const last = received.reduce((highest, event) => Math.max(highest, event.sequence), 0);
    const committed = rows.get(key) ?? (deletable.has(key) ? last : 0);
    if (!rows.has(key) && deletable.has(key) && !received.some((event) => event.type === 'posts.post.deleted.v1')) {
      verdict.lost.push(`${key} was deleted without a deleted event`);
    }
    const numbers = received.map((event) => event.sequence);
    for (let number = 1; number <= committed; number++) {
      const times = numbers.filter((each) => each === number).length;
      if (times === 0) verdict.lost.push(`${key}: event ${number} of ${committed} was never handled`);
      if (times > 1) verdict.doubled.push(`${key}: ${times} events have the number ${number}`);
    }
    for (const number of numbers.filter((each) => each > committed))
      verdict.phantom.push(`${key}: event ${number} of ${committed}`);
  }
}

function checkAccounts(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const present = new Set(state.accounts.map((account) => account.email));
  for (const { kind, outcome, mark } of history.writes) {
    if (kind !== 'register') continue;
    if (outcome === 'ok' && !present.has(mark)) verdict.lost.push(`account ${mark}`);
    if (outcome === 'failed' && present.has(mark)) verdict.phantom.push(`account ${mark}`);
  }
  const ids = new Set(state.accounts.map((account) => account.id));
  const users = new Map(state.users.map((user) => [user.id, user]));
  const recipients = new Set(state.recipients.map((recipient) => recipient.id));
  for (const id of ids) {
    if (!users.has(id)) verdict.lost.push(`profile of ${id}`);
    if (!recipients.has(id)) verdict.lost.push(`recipient ${id}`);
    for (const role of ['author', 'person'] as const) {
      const projection = state.projections.find((each) => each.id === id && each.role === role);
      const user = users.get(id);
      if (user && (projection?.version !== user.version || projection.handle !== user.handle))
        verdict.lost.push(`projection of ${id} as ${role}`);
    }
  }
  for (const id of [...users.keys(), ...recipients])
    if (!ids.has(id)) verdict.phantom.push(`profile or recipient ${id}`);
  for (const { data, event_id } of events.filter((event) => event.type === 'auth.account.registered.v1')) {
    expectNotification(state, event_id, 'welcome', [String(data['accountId'])], verdict);
  }
}

function checkPosts(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const rows = new Map(state.posts.map((post) => [post.id, post]));
  const writes = Map.groupBy(history.writes, (write) => write.kind);
  const writesOf = (kind: Write['kind']) => writes.get(kind) ?? [];
  const marks = new Set([
    ...state.posts.flatMap((post) => [post.summary, post.title]),
    ...events.map((event) => event.data['summary']),
  ]);
  const deleted = Map.groupBy(writesOf('delete'), (write) => write.target ?? '');
  const eventsOf = (type: string, id: string | undefined) =>
    events.filter((event) => event.type === type && event.key === id);

  for (const write of writesOf('create')) {
    if (write.outcome === 'ok' && !rows.has(write.target ?? '') && !deleted.has(write.target ?? ''))
      verdict.lost.push(`post ${write.mark}`);
    if (write.outcome === 'ok' && write.published)
      expectOne(eventsOf('posts.post.published.v1', write.target), `publication of ${write.mark}`, verdict);
  }
  for (const write of [...writesOf('create'), ...writesOf('invalid')]) {
    if (write.outcome === 'failed' && marks.has(write.mark)) verdict.phantom.push(`refused post ${write.mark}`);
  }
  for (const write of writesOf('publish')) {
    if (write.outcome === 'ok')
      expectOne(eventsOf('posts.post.published.v1', write.target), `publication ${write.mark}`, verdict);
  }
  for (const write of writesOf('delete')) {
    if (write.outcome === 'ok' && rows.has(write.target ?? '')) verdict.lost.push(`deletion of ${write.target}`);
    if (write.outcome === 'failed' && !rows.has(write.target ?? ''))
      verdict.phantom.push(`refused deletion of ${write.target}`);
  }
  for (const write of writesOf('edit')) {
    const received = eventsOf('posts.post.updated.v1', write.target).filter(
      (event) => event.data['title'] === write.mark,
    );
    if (write.outcome === 'ok' && write.published) expectOne(received, `edit ${write.mark}`, verdict);
    if (write.outcome === 'failed' && received.length > 0) verdict.phantom.push(`refused edit ${write.mark}`);
  }
  for (const post of state.posts) checkVersion(post, history, verdict);
  checkPostProjections(state, verdict);
}

/** The version of a post counts its changes: every acknowledged one, and possibly some of those without a response. */
function checkVersion(post: State['posts'][number], history: History, verdict: Verdict): void {
  const changes = history.writes.filter(
    ({ kind, target }) => (kind === 'edit' || kind === 'publish') && target === post.id,
  );
  const least = 1 + changes.filter((write) => write.outcome === 'ok').length;
  const most = least + changes.filter((write) => write.outcome === 'unknown').length;
  if (post.version < least) verdict.lost.push(`post ${post.id} is at version ${post.version}, not ${least}`);
  if (post.version > most) verdict.phantom.push(`post ${post.id} is at version ${post.version}, not ${most}`);
}

function checkPostProjections(state: State, verdict: Verdict): void {
  const projections = new Map(state.postProjections.map((projection) => [projection.id, projection]));
  for (const post of state.posts.filter(({ status }) => status === 'published')) {
    const projection = projections.get(post.id);
    if (projection?.title !== post.title || projection.version !== post.version || projection.deleted)
      verdict.lost.push(`projection of post ${post.id}`);
  }
  const rows = new Set(state.posts.map((post) => post.id));
  for (const projection of state.postProjections)
    if (!projection.deleted && !rows.has(projection.id))
      verdict.lost.push(`deletion in the projection of ${projection.id}`);
}

interface FollowState {
  readonly following: boolean;
  readonly follows: number;
  readonly unfollows: number;
}

/**
 * Only one client changes the follows of an account, one write at a time. So the writes of each pair of accounts allow
 * a set of end states (a write without a response may or may not have been committed), and the state found must be one
 * of them.
 */
function checkFollows(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const pairs = Map.groupBy(
    history.writes.filter(({ kind }) => kind === 'follow' || kind === 'unfollow'),
    (write) => `${write.by} ${write.target}`,
  );
  const present = new Set(state.follows.map((row) => `${row.follower_id} ${row.followee_id}`));
  const emitted = Map.groupBy(
    events.filter((event) => 'followeeId' in event.data),
    (event) => `${String(event.data['followerId'])} ${String(event.data['followeeId'])}`,
  );
  for (const pair of new Set([...pairs.keys(), ...present, ...emitted.keys()])) {
    const received = emitted.get(pair) ?? [];
    const follows = received.filter((event) => event.type === 'users.user.followed.v1').length;
    const found = { following: present.has(pair), follows, unfollows: received.length - follows };
    const possible = (pairs.get(pair) ?? []).reduce(step, [{ following: false, follows: 0, unfollows: 0 }]);
    if (possible.some((each) => JSON.stringify(each) === JSON.stringify(found))) continue;
    const total = (each: FollowState) => each.follows + each.unfollows + (each.following ? 1 : 0);
    const fewer = possible.every((each) => total(each) > total(found));
    const list = fewer ? verdict.lost : verdict.phantom;
    list.push(`follow ${pair} is ${JSON.stringify(found)}, possible: ${JSON.stringify(possible)}`);
  }
}

function step(states: FollowState[], { kind, outcome }: Write): FollowState[] {
  const done = states.map((each): FollowState => {
    if (kind === 'follow') return each.following ? each : { ...each, following: true, follows: each.follows + 1 };
    return each.following ? { ...each, following: false, unfollows: each.unfollows + 1 } : each;
  });
  if (outcome === 'ok') return done;
  return outcome === 'failed' ? states : [...states, ...done];
}

/** Computes from the events alone which notifications must exist, and compares. */
function checkNotifications(state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const known = new Set(events.map((event) => event.event_id));
  for (const { event_id, type } of state.notifications)
    if (!known.has(event_id)) verdict.phantom.push(`${type} for ${event_id}`);
  const intervals = followIntervals(events);
  const first = firstFollows(events);
  for (const event of events) {
    if (event.type === 'users.user.followed.v1') {
      const expected = first.has(event) ? [String(event.data['followeeId'])] : [];
      expectNotification(state, event.event_id, 'user.followed', expected, verdict);
    }
    if (event.type === 'posts.post.liked.v1' || event.type === 'posts.comment.created.v1') {
      const { actorId, authorId, postAuthorId } = event.data;
      const type = event.type === 'posts.post.liked.v1' ? 'post.liked' : 'comment.created';
      const recipient = String(authorId ?? postAuthorId);
      expectNotification(state, event.event_id, type, recipient === actorId ? [] : [recipient], verdict);
    }
    if (event.type !== 'posts.post.published.v1') continue;
    const followers = intervals.filter(
      ({ followee, since, until }) =>
        followee === event.data['authorId'] && since <= event.time && (!until || event.time <= until),
    );
    const expected = [...new Set(followers.map(({ follower }) => follower))];
    expectNotification(state, event.event_id, 'post.published', expected, verdict);
  }
}

/** A user is notified of the first follow by another user on a day (UTC). */
function firstFollows(events: readonly ProbedEvent[]): Set<ProbedEvent> {
  const follows = events.filter((event) => event.type === 'users.user.followed.v1');
  const latestFirst = follows.sort((a, b) => b.sequence - a.sequence);
  const keyOf = ({ time, data }: ProbedEvent) =>
    `${String(data['followerId'])} ${String(data['followeeId'])} ${time.toISOString().slice(0, 10)}`;
  return new Set(new Map(latestFirst.map((event) => [keyOf(event), event])).values());
}

interface Interval {
  readonly follower: string;
  readonly followee: string;
  readonly since: Date;
  until?: Date;
}

function followIntervals(events: readonly ProbedEvent[]): Interval[] {
  const intervals: Interval[] = [];
  const inOrder = events.filter((event) => 'followeeId' in event.data).sort((a, b) => a.sequence - b.sequence);
  for (const { type, time, data } of inOrder) {
    const [follower, followee] = [String(data['followerId']), String(data['followeeId'])];
    if (type === 'users.user.followed.v1') intervals.push({ follower, followee, since: time });
    else {
      const open = intervals.find((each) => each.follower === follower && each.followee === followee && !each.until);
      if (open) open.until = time;
    }
  }
  return intervals;
}

function expectNotification(
  state: State,
  event: string,
  type: string,
  recipients: readonly string[],
  verdict: Verdict,
): void {
  const found = state.notifications.filter(
    (each) => each.event_id === event && each.type === type && each.state === 'shown',
  );
  for (const recipient of recipients) {
    const times = found.filter((each) => each.recipient_id === recipient).length;
    if (times === 0) verdict.lost.push(`${type} for ${recipient} of ${event}`);
    if (times > 1) verdict.doubled.push(`${type} for ${recipient} of ${event}`);
  }
  for (const { recipient_id } of found)
    if (!recipients.includes(recipient_id)) verdict.phantom.push(`${type} for ${recipient_id} of ${event}`);
}

function expectOne(events: readonly ProbedEvent[], what: string, verdict: Verdict): void {
  if (events.length === 0) verdict.lost.push(what);
  if (events.length > 1) verdict.doubled.push(what);
}
