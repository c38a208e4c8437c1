import type { Contract } from '#contracts';
import { newEvent, type NewEvent } from '#events';
import type { PostContent } from './posts.repository.js';

type PostEventFields = Pick<
  PostContent,
  'id' | 'authorId' | 'slug' | 'title' | 'summary' | 'tags' | 'mentions' | 'version' | 'sequence'
>;

/** Builds an event of topic posts.post with the current state of a post. */
export function eventOf(contract: Contract, post: PostEventFields): NewEvent {
  const { id: postId, authorId, slug, title, summary, tags, mentions, version } = post;
  return newEvent(contract, { postId, authorId, slug, title, summary, tags, mentions, version }, post.sequence);
}
