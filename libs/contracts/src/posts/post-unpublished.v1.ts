import { contract } from '../contract.js';
import { PostSnapshot } from './post-snapshot.js';

/** A post is a draft again, and nobody but its author sees it. It may be published anew. */
export const PostUnpublishedV1 = contract({
  type: 'posts.post.unpublished.v1',
  topic: 'posts.post',
  keyOf: (data) => data.postId,
  data: PostSnapshot,
});
