import { contract } from '../contract.js';
import { PostSnapshot } from './post-snapshot.js';

/** A published post changed; drafts emit nothing. */
export const PostUpdatedV1 = contract({
  type: 'posts.post.updated.v1',
  topic: 'posts.post',
  keyOf: (data) => data.postId,
  data: PostSnapshot,
});
