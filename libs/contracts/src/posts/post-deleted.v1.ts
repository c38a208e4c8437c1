import { contract } from '../contract.js';
import { PostSnapshot } from './post-snapshot.js';

/** A post that was ever published was deleted permanently. Always the last event of its key. */
export const PostDeletedV1 = contract({
  type: 'posts.post.deleted.v1',
  topic: 'posts.post',
  keyOf: (data) => data.postId,
  data: PostSnapshot,
});
