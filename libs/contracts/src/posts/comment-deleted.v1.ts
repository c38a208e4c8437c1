import { CommentSnapshot } from './comment-snapshot.js';
import { contract } from '../contract.js';

/** The text of a comment was deleted; its place in the thread may stay. Not emitted when its post is deleted. */
export const CommentDeletedV1 = contract({
  type: 'posts.comment.deleted.v1',
  topic: 'posts.comment',
  keyOf: (data) => data.postId,
  data: CommentSnapshot,
});
