import { type CurrentAccount, idOr, may } from '#runtime';
import { postErrors } from '../posts.errors.js';
import type { PostRow, PostsRepository } from './posts.repository.js';

/** Locks a post that others may react to. A draft is known to its author and to moderators, and nobody reacts to it. */
export async function lockPublished(posts: PostsRepository, account: CurrentAccount, postId: string): Promise<PostRow> {
  const post = await posts.lock(idOr(postErrors.POST_NOT_FOUND, postId), account.id);
  const isKnown = post && (post.status !== 'draft' || post.authorId === account.id || may(account, 'moderate'));
  if (!isKnown) throw postErrors.POST_NOT_FOUND();
  if (post.status === 'draft') throw postErrors.POST_NOT_PUBLISHED();
  return post;
}
