import type { CurrentAccount } from '#runtime';
import type { Post, PostItem } from './posts.dto.js';
import type { FoundPost } from '../lists/posts.order.js';
import type { PostRow } from './posts.repository.js';

/** The API representation of a post for a viewer. */
export function presentPost(post: PostRow, viewer: CurrentAccount | undefined): Post {
  const { summary, ...item } = presentItem(post, viewer);
  const { id, slug, title, ...rest } = item;
  return { id, slug, title, summary, body: post.body, bodyHtml: post.bodyHtml, ...rest };
}

export function presentItem(post: FoundPost, viewer: CurrentAccount | undefined): PostItem {
  const { id, slug, title, summary, status, tags, category, author, version } = post;
  return {
    id,
    slug,
    title,
    summary,
    status,
    tags,
    category,
    author,
    likes: post.likes,
    ...(viewer ? { likedByMe: post.likedByMe } : {}),
    comments: post.comments,
    version,
    createdAt: post.createdAt.toISOString(),
    updatedAt: post.updatedAt.toISOString(),
    publishedAt: post.publishedAt?.toISOString() ?? null,
    ...(post.highlights ? { highlights: post.highlights } : {}),
  };
}
