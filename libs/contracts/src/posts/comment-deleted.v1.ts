import { CommentSnapshot } from './comment-snapshot.js';
import { contract } from '../contract.js';

/** A comment's text is gone; its place in the thread may stay. The end of its post ends it without this event. */
export const CommentDeletedV1 = contract({
  type: 'posts.comment.deleted.v1',
  topic: 'posts.comment',
  keyOf: (data) => data.postId,
  data: CommentSnapshot,
});
