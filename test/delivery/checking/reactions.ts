import type { History } from './history.js';
import type { ProbedEvent, State } from './state.js';
import type { Verdict } from './verdict.js';

/** A comment or like has its row, its event and its share in the counts of the post: all of them, or none. */
export function checkReactions(history: History, state: State, events: readonly ProbedEvent[], verdict: Verdict): void {
  const eventsOf = (type: string) => events.filter((event) => event.type === type);
  const [created, liked] = [eventsOf('posts.comment.created.v1'), eventsOf('posts.post.liked.v1')];
  for (const { mark, outcome } of history.writes.filter(({ kind }) => kind === 'comment')) {
    const rows = state.comments.filter((comment) => comment.body === mark).length;
    expectSame(
      rows,
      created.filter((event) => event.data['excerpt'] === mark).length,
      `events of comment ${mark}`,
      verdict,
    );
    if (outcome === 'ok' && rows === 0) verdict.lost.push(`comment ${mark}`);
    if (outcome === 'failed' && rows > 0) verdict.phantom.push(`refused comment ${mark}`);
    if (rows > 1) verdict.doubled.push(`comment ${mark}`);
  }
  for (const { by, target, outcome } of history.writes.filter(({ kind }) => kind === 'like')) {
    const rows = state.likes.filter((like) => like.account_id === by && like.post_id === target).length;
    const received = liked.filter((event) => event.key === target && event.data['actorId'] === by).length;
    expectSame(rows, received, `events of the like of ${by}`, verdict);
    if (outcome === 'ok' && rows === 0) verdict.lost.push(`like of ${by}`);
  }
  for (const post of state.posts) {
    const rowsOf = (rows: readonly { post_id: string }[]) => rows.filter(({ post_id }) => post_id === post.id).length;
    expectSame(rowsOf(state.comments), post.comments, `comments in the count of post ${post.id}`, verdict);
    expectSame(rowsOf(state.likes), post.likes, `likes in the count of post ${post.id}`, verdict);
  }
}

function expectSame(expected: number, found: number, what: string, verdict: Verdict): void {
  if (found < expected) verdict.lost.push(`${found} instead of ${expected} ${what}`);
  if (found > expected) verdict.phantom.push(`${found} instead of ${expected} ${what}`);
}
