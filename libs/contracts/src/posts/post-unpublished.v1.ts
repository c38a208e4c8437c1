import { contract } from '../contract.js';
import { PostSnapshot } from './post-snapshot.js';

/** A post is a draft again, visible only to its author, editors and admins. It may be published again. */
export const PostUnpublishedV1 = contract({
  type: 'posts.post.unpublished.v1',
  topic: 'posts.post',
  keyOf: (data) => data.postId,
  data: PostSnapshot,
});
