import type { History, Write } from './history.js';
import { judgeReactions } from './reactions.js';
import type { ProbedEvent, State } from './state.js';
import { Verdict } from './verdict.js';

/** Compares what the clients were told with what is there. */
export function judge(history: History, state: State): Verdict {
  const verdict = new Verdict();
  verdict.stale.push(...history.stale);
  const events = distinctEvents(state.heard);
  judgeProbe(state.heard, verdict);
  judgeSequences(state, events, history, verdict);
  judgeAccounts(history, state, events, verdict);
  judgePosts(history, state, events, verdict);
  judgeFollows(history, state, events, verdict);
  judgeReactions(history, state, events, verdict);
  judgeNotifications(state, events, verdict);
  for (const left of state.left) verdict.lost.push(`not delivered: ${left}`);
  for (const row of state.misplaced) {
    verdict.misordered.push(`${row.consumer} had ${row.found_sequence} of ${row.key} when ${row.sequence} came`);
  }
  return verdict;
}

/** How many keys have events on both sides of a kill: without any, the kills proved nothing. */
export function keysAcrossKills(state: State, kills: readonly Date[]): number {
  const across = [...byKey(distinctEvents(state.heard)).values()].filter((events) =>
    kills.some((kill) => events.some((event) => event.time < kill) && events.some((event) => event.time > kill)),
  );
  return across.length;
}

function distinctEvents(heard: readonly ProbedEvent[]): ProbedEvent[] {
  const firsts = new Map<string, ProbedEvent>();
  for (const event of heard) if (!firsts.has(event.event_id)) firsts.set(event.event_id, event);
  return [...firsts.values()];
}

function byKey(events: readonly ProbedEvent[]): Map<string, ProbedEvent[]> {
  return Map.groupBy(events, (event) => `${event.topic}/${event.key}`);
}

function judgeProbe(heard: readonly ProbedEvent[], verdict: Verdict): void {
  for (const [id, lines] of Map.groupBy(heard, (event) => event.event_id)) {
    if (lines.length > 1) verdict.doubledInProbe.push(`${lines[0]?.type} ${id} was heard ${lines.length} times`);
  }
  // Sequences have no gaps. Two that overlap in time are out of order, too, whoever was numbered first.
  for (const { topic, key, sequence, found } of distinctEvents(heard)) {
    if (found !== sequence - 1) verdict.misordered.push(`${topic}/${key}: ${sequence} was heard after ${found}`);
  }
}

/** Every key's events are numbered from 1 to the sequence of its row, each once. */
function judgeSequences(state: State, events: readonly ProbedEvent[], history: History, verdict: Verdict): void {
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
    const heard = keys.get(key) ?? [];
    const last = heard.reduce((highest, event) => Math.max(highest, event.sequence), 0);
    const committed = rows.get(key) ?? (deletable.has(key) ? last : 0);
    if (!rows.has(key) && deletable.has(key) && !heard.some((event) => event.type === 'posts.post.deleted.v1')) {
      verdict.lost.push(`${key} is gone without its last event`);
    }
    const numbers = heard.map((event) => event.sequence);
    for (let number = 1; number <= committed; number++) {
      const times = numbers.filter((each) => each === number).length;
      if (times === 0) verdict.lost.push(`${key}: event ${number} of ${committed} was never heard`);
      if (times > 1) verdict.doubled.push(`${key}: ${times} events have the number ${number}`);
    }
    for (const number of numbers.filter((each) => each > committed))
      verdict.phantom.push(`${key}: event ${number} of ${committed}`);
  }
}

function judgeAccounts(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
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
      const copy = state.copies.find((each) => each.id === id && each.role === role);
      const user = users.get(id);
      if (user && (copy?.version !== user.version || copy.handle !== user.handle))
        verdict.lost.push(`copy of ${id} as ${role}`);
    }
  }
  for (const id of [...users.keys(), ...recipients])
    if (!ids.has(id)) verdict.phantom.push(`profile or recipient ${id}`);
  for (const { data, event_id } of events.filter((event) => event.type === 'auth.account.registered.v1')) {
    expectNotification(state, event_id, 'welcome', [String(data['accountId'])], verdict);
  }
}

function judgePosts(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const rows = new Map(state.posts.map((post) => [post.id, post]));
  const writes = Map.groupBy(history.writes, (write) => write.kind);
  const writesOf = (kind: Write['kind']) => writes.get(kind) ?? [];
  const marks = new Set([
    ...state.posts.flatMap((post) => [post.summary, post.title]),
    ...events.map((event) => event.data['summary']),
  ]);
  const deleted = Map.groupBy(writesOf('delete'), (write) => write.target ?? '');
  const heardOf = (type: string, id: string | undefined) =>
    events.filter((event) => event.type === type && event.key === id);

  for (const write of writesOf('create')) {
    if (write.outcome === 'ok' && !rows.has(write.target ?? '') && !deleted.has(write.target ?? ''))
      verdict.lost.push(`post ${write.mark}`);
    if (write.outcome === 'ok' && write.published)
      expectOne(heardOf('posts.post.published.v1', write.target), `publication of ${write.mark}`, verdict);
  }
  for (const write of [...writesOf('create'), ...writesOf('invalid')]) {
    if (write.outcome === 'failed' && marks.has(write.mark)) verdict.phantom.push(`refused post ${write.mark}`);
  }
  for (const write of writesOf('publish')) {
    if (write.outcome === 'ok')
      expectOne(heardOf('posts.post.published.v1', write.target), `publication ${write.mark}`, verdict);
  }
  for (const write of writesOf('delete')) {
    if (write.outcome === 'ok' && rows.has(write.target ?? '')) verdict.lost.push(`deletion of ${write.target}`);
    if (write.outcome === 'failed' && !rows.has(write.target ?? ''))
      verdict.phantom.push(`refused deletion of ${write.target}`);
  }
  for (const write of writesOf('edit')) {
    const heard = heardOf('posts.post.updated.v1', write.target).filter((event) => event.data['title'] === write.mark);
    if (write.outcome === 'ok' && write.published) expectOne(heard, `edit ${write.mark}`, verdict);
    if (write.outcome === 'failed' && heard.length > 0) verdict.phantom.push(`refused edit ${write.mark}`);
  }
  for (const post of state.posts) judgeVersion(post, history, verdict);
  judgePostCopies(state, verdict);
}

/** A version counts the changes of its post: all that were acknowledged, and perhaps some that were not answered. */
function judgeVersion(post: State['posts'][number], history: History, verdict: Verdict): void {
  const changes = history.writes.filter(
    ({ kind, target }) => (kind === 'edit' || kind === 'publish') && target === post.id,
  );
  const least = 1 + changes.filter((write) => write.outcome === 'ok').length;
  const most = least + changes.filter((write) => write.outcome === 'unknown').length;
  if (post.version < least) verdict.lost.push(`post ${post.id} is at version ${post.version}, not ${least}`);
  if (post.version > most) verdict.phantom.push(`post ${post.id} is at version ${post.version}, not ${most}`);
}

function judgePostCopies(state: State, verdict: Verdict): void {
  const copies = new Map(state.postCopies.map((copy) => [copy.id, copy]));
  for (const post of state.posts.filter(({ status }) => status === 'published')) {
    const copy = copies.get(post.id);
    if (copy?.title !== post.title || copy.version !== post.version || copy.deleted)
      verdict.lost.push(`copy of post ${post.id}`);
  }
  const rows = new Set(state.posts.map((post) => post.id));
  for (const copy of state.postCopies)
    if (!copy.deleted && !rows.has(copy.id)) verdict.lost.push(`deletion in the copy of ${copy.id}`);
}

interface FollowState {
  readonly following: boolean;
  readonly follows: number;
  readonly unfollows: number;
}

/**
 * One client alone changes whom it follows, one write after the other: each pair's writes allow some end states (an
 * unanswered write may have happened or not), and the one that is there must be among them.
 */
function judgeFollows(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
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
    const heard = emitted.get(pair) ?? [];
    const follows = heard.filter((event) => event.type === 'users.user.followed.v1').length;
    const found = { following: present.has(pair), follows, unfollows: heard.length - follows };
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

/** Recomputes from the events alone who had to hear of what, and compares. */
function judgeNotifications(state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const known = new Set(events.map((event) => event.event_id));
  for (const { event_id, type } of state.notifications)
    if (!known.has(event_id)) verdict.phantom.push(`${type} for ${event_id}`);
  const intervals = followIntervals(events);
  for (const event of events) {
    if (event.type === 'users.user.followed.v1') {
      expectNotification(state, event.event_id, 'user.followed', [String(event.data['followeeId'])], verdict);
    }
    if (event.type === 'posts.post.liked.v1' || event.type === 'posts.comment.created.v1') {
      const { actorId, authorId, postAuthorId } = event.data;
      const type = event.type === 'posts.post.liked.v1' ? 'post.liked' : 'comment.created';
      const concerned = String(authorId ?? postAuthorId);
      expectNotification(state, event.event_id, type, concerned === actorId ? [] : [concerned], verdict);
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
