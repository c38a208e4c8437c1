import { CommentSnapshot } from './comment-snapshot.js';
import { contract } from '../contract.js';

/** A user commented on a post or replied to a comment. */
export const CommentCreatedV1 = contract({
  type: 'posts.comment.created.v1',
  topic: 'posts.comment',
  keyOf: (data) => data.postId,
  data: CommentSnapshot,
});
