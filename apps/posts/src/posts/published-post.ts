import { type CurrentAccount, idOr, may } from '#runtime';
import { postErrors } from '../posts.errors.js';
import type { PostRow, PostsRepository } from './posts.repository.js';

/**
 * Locks a published post for a like or a comment. For a draft, throws POST_NOT_PUBLISHED if the account may see it (its
 * author and moderators), otherwise POST_NOT_FOUND.
 */
export async function lockPublished(posts: PostsRepository, account: CurrentAccount, postId: string): Promise<PostRow> {
  const post = await posts.lock(idOr(postErrors.POST_NOT_FOUND, postId), account.id);
  const isVisible = post && (post.status !== 'draft' || post.authorId === account.id || may(account, 'moderate'));
  if (!isVisible) throw postErrors.POST_NOT_FOUND();
  if (post.status === 'draft') throw postErrors.POST_NOT_PUBLISHED();
  return post;
}
