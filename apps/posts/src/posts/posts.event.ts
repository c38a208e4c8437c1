import type { Contract } from '#contracts';
import { newEvent, type NewEvent } from '#events';
import type { PostContent } from './posts.repository.js';

type Told = Pick<
  PostContent,
  'id' | 'authorId' | 'slug' | 'title' | 'summary' | 'tags' | 'mentions' | 'version' | 'sequence'
>;

/** An event of topic posts.post that tells how a post is now. */
export function eventOf(contract: Contract, post: Told): NewEvent {
  const { id: postId, authorId, slug, title, summary, tags, mentions, version } = post;
  return newEvent(contract, { postId, authorId, slug, title, summary, tags, mentions, version }, post.sequence);
}
