import { type CurrentAccount, idOr } from '#runtime';
import { postErrors } from './posts.errors.js';
import type { PostRow, PostsRepository } from './posts.repository.js';

/** Locks a post that others may react to. A draft is known to its author only, and nobody reacts to it. */
export async function lockPublished(posts: PostsRepository, account: CurrentAccount, postId: string): Promise<PostRow> {
  const post = await posts.lock(idOr(postErrors.POST_NOT_FOUND, postId), account.id);
  if (!post || (post.status === 'draft' && post.authorId !== account.id)) throw postErrors.POST_NOT_FOUND();
  if (post.status === 'draft') throw postErrors.POST_NOT_PUBLISHED();
  return post;
}
