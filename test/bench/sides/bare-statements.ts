/** The SQL of the posts service, repeated for the bare side. */

export interface ContentOfPost {
  readonly title: string;
  readonly body: string;
  readonly tags: readonly string[];
}

export interface WholePost {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly summary: string | null;
  readonly body: string;
  readonly bodyHtml: string;
  readonly status: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly likes: number;
  readonly comments: number;
  readonly category: unknown;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly publishedAt: Date | null;
  readonly author: unknown;
}

export const readPost = `select p.id, p.author_id as "authorId", p.slug, p.title, p.summary, p.status, p.tags, p.version, p.likes,
  p.comments, p.created_at as "createdAt", p.updated_at as "updatedAt", p.published_at as "publishedAt",
  json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'imageUrl', a.image_url) as author,
  case when k.id is not null then json_build_object('id', k.id, 'slug', k.slug, 'name', k.name) end as category,
  p.category_id as "categoryId", p.body, p.body_html as "bodyHtml", p.mentions, p.sequence,
  p.comment_sequence as "commentSequence",
  exists (select from likes l where l.post_id = p.id and l.account_id = $2::uuid and l.active) as "likedByMe"
  from posts p join authors a on a.id = p.author_id left join categories k on k.id = p.category_id where p.id = $1`;

/** The same response body as on our side. */
export function toAnswer({
  id,
  slug,
  title,
  summary,
  body,
  bodyHtml,
  status,
  tags,
  category,
  author,
  ...post
}: WholePost) {
  const { likes, comments, version, createdAt, updatedAt, publishedAt } = post;
  const text = { id, slug, title, summary, body, bodyHtml, status, tags, category, author };
  return { data: { ...text, likes, comments, version: Number(version), createdAt, updatedAt, publishedAt } };
}

const ADD = `with post as (
    insert into posts (id, author_id, slug, title, body, body_html, status, tags, mentions, sequence, created_at,
      updated_at, published_at)
    values ($1, $2, $3, $4, $5, $6, 'published', $7, '{}', 1, $8, $8, $8)
  )
  insert into outbox (id, type, topic, key, bucket, sequence, time, payload)
  values ($9, 'posts.post.published.v1', 'posts.post', $1::text, $10, 1, $8, $11)`;

/** Adds a post and its event in one statement. */
export function addPost(id: string, authorId: string, { title, body, tags }: ContentOfPost) {
  const now = new Date();
  const slug = `post-${id}`;
  const snapshot = { postId: id, authorId, slug, title, summary: null, tags, mentions: [], version: 1 };
  const bucket = Number.parseInt(id.slice(-1), 16);
  const values = [id, authorId, slug, title, body, body, tags, now, id, bucket, JSON.stringify(snapshot)];
  const times = { createdAt: now, updatedAt: now, publishedAt: now };
  const post = { id, slug, title, summary: null, body, bodyHtml: body, status: 'published', tags, likes: 0, ...times };
  return { text: ADD, values, answer: { data: { ...post, author: { id: authorId }, version: 1 } } };
}
