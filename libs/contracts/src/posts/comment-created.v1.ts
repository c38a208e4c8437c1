import { CommentSnapshot } from './comment-snapshot.js';
import { contract } from '../contract.js';

/** Somebody commented on a post, or answered a comment. */
export const CommentCreatedV1 = contract({
  type: 'posts.comment.created.v1',
  topic: 'posts.comment',
  keyOf: (data) => data.postId,
  data: CommentSnapshot,
});
