import { contract } from '../contract.js';
import { PostSnapshot } from './post-snapshot.js';

/** A post became visible to everyone. */
export const PostPublishedV1 = contract({
  type: 'posts.post.published.v1',
  topic: 'posts.post',
  keyOf: (data) => data.postId,
  data: PostSnapshot,
});
