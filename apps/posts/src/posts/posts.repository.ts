import { Injectable } from '@nestjs/common';
import type { EventData, UserCreatedV1 } from '#contracts';
import { Database } from '#database';
import { type Change, type NewEvent, Outbox } from '#events';
import { type CurrentAccount, isId, may } from '#runtime';

export interface PostAuthor {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly imageUrl: string | null;
}

export interface PostCategory {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** A row without its texts. */
export interface ListedPost {
  readonly id: string;
  readonly authorId: string;
  readonly slug: string;
  readonly title: string;
  readonly summary: string | null;
  readonly status: 'draft' | 'published';
  readonly tags: string[];
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly publishedAt: Date | null;
  readonly likes: number;
  /** By whom the list is shown to. */
  readonly likedByMe: boolean;
  readonly comments: number;
  readonly author: PostAuthor;
  readonly category: PostCategory | null;
}

export interface PostRow extends ListedPost {
  readonly categoryId: string | null;
  readonly body: string;
  readonly bodyHtml: string;
  readonly mentions: string[];
  /** Of the latest event of topic posts.post. */
  readonly sequence: number;
  /** Of the latest event of topic posts.comment. */
  readonly commentSequence: number;
}

/** What others own of it: their names may change at any time. */
export interface PostNames {
  readonly author: PostAuthor | null;
  readonly category: PostCategory | null;
}

export type PostContent = Omit<PostRow, 'author' | 'category'>;

export interface KeptFollow {
  readonly followerId: string;
  readonly followeeId: string;
  readonly sequence: number;
  readonly active: boolean;
}

export const AUTHOR = `json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'imageUrl', a.image_url)`;
const CATEGORY = `json_build_object('id', k.id, 'slug', k.slug, 'name', k.name)`;
const OWN = `p.id, p.author_id as "authorId", p.slug, p.title, p.summary, p.status, p.tags, p.version, p.likes, p.comments,
  p.created_at as "createdAt", p.updated_at as "updatedAt", p.published_at as "publishedAt"`;
const LISTED = `${OWN}, ${AUTHOR} as author, case when k.id is not null then ${CATEGORY} end as category`;
const TEXTS = `p.category_id as "categoryId", p.body, p.body_html as "bodyHtml", p.mentions, p.sequence,
  p.comment_sequence as "commentSequence"`;
const WHOLE = `${LISTED}, ${TEXTS}`;
const CONTENT = `${OWN}, ${TEXTS}`;
/** The same for a row that is being written. */
const NAMES = `(select ${AUTHOR} from authors a where a.id = posts.author_id) as author,
  (select ${CATEGORY} from categories k where k.id = posts.category_id) as category`;

const FROM = 'from posts p join authors a on a.id = p.author_id left join categories k on k.id = p.category_id';

/** Every select of listed posts begins like this. `viewer` is the number of the parameter with the viewer's id, or null. */
export function selectListed(viewer: number, more = ''): string {
  return `select ${LISTED}, ${likedBy(viewer)} ${more} ${FROM}`;
}

function selectWhole(viewer: number): string {
  return `select ${WHOLE}, ${likedBy(viewer)} ${FROM}`;
}

function likedBy(viewer: number): string {
  return `exists (select from likes l where l.post_id = p.id and l.account_id = $${viewer}::uuid and l.active) as "likedByMe"`;
}

@Injectable()
export class PostsRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async find(by: 'id' | 'slug', value: string, viewer: string | undefined): Promise<PostRow | undefined> {
    const values = [value, viewer ?? null];
    const [post] = await this.database.query<PostRow>(`${selectWhole(2)} where p.${by} = $1`, values);
    return post;
  }

  async idOf(slug: string): Promise<string | undefined> {
    const [post] = await this.database.query<{ id: string }>('select id from posts where slug = $1', [slug]);
    return post?.id;
  }

  /** Of these posts, those that somebody likes. */
  async likedAmong(ids: readonly string[], viewer: string): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }>(
      'select post_id as id from likes where post_id = any($1) and account_id = $2 and active',
      [ids, viewer],
    );
    return new Set(rows.map((row) => row.id));
  }

  async publishedBy(authors: readonly string[], limit: number): Promise<{ id: string }[]> {
    const text = `select id from posts where author_id = any($1) and status = 'published' limit $2`;
    return this.database.query(text, [authors, limit]);
  }

  /** Whether somebody may know of it. */
  async isVisible(id: string, viewer: CurrentAccount | undefined): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 from posts where id = $1 and (status = 'published' or author_id = $2 or $3)`,
      [id, viewer?.id ?? null, may(viewer, 'moderate')],
    );
    return rows.length > 0;
  }

  async lock(id: string, viewer: string): Promise<PostRow | undefined> {
    const [post] = await this.database.query<PostRow>(`${selectWhole(2)} where p.id = $1 for update of p`, [
      id,
      viewer,
    ]);
    return post;
  }

  async add(post: PostContent, event: NewEvent | undefined): Promise<PostNames> {
    const text = `insert into posts (id, author_id, slug, title, summary, body, body_html, status, tags, mentions, category_id,
        version, sequence, created_at, updated_at, published_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`;
    const { id, authorId, slug, title, summary, body, bodyHtml, status, tags, mentions, categoryId } = post;
    const { version, sequence, createdAt, updatedAt, publishedAt } = post;
    const content = [id, authorId, slug, title, summary, body, bodyHtml, status, tags, mentions, categoryId];
    const values = [...content, version, sequence, createdAt, updatedAt, publishedAt];
    return one(await this.write<PostNames>({ text, values, returning: NAMES }, event));
  }

  async save(post: PostContent, event: NewEvent | undefined): Promise<PostNames> {
    const text = `update posts set title = $2, summary = $3, body = $4, body_html = $5, status = $6, tags = $7, mentions = $8,
        category_id = $9, version = $10, sequence = $11, updated_at = $12, published_at = $13 where id = $1`;
    const { id, title, summary, body, bodyHtml, status, tags, mentions, categoryId } = post;
    const content = [id, title, summary, body, bodyHtml, status, tags, mentions, categoryId];
    const values = [...content, post.version, post.sequence, post.updatedAt, post.publishedAt];
    return one(await this.write<PostNames>({ text, values, returning: NAMES }, event));
  }

  /** Takes the next sequence of the published posts that come next after an id. */
  async bumpSequences(after: string, limit: number): Promise<Omit<PostContent, 'likedByMe'>[]> {
    return this.database.query(
      `with moved as (update posts set sequence = sequence + 1 where id in (
           select id from posts where status = 'published' and id > $1 order by id limit $2 for update) returning *)
       select ${CONTENT} from moved p order by p.id`,
      [after, limit],
    );
  }

  async remove(id: string, event: NewEvent | undefined): Promise<void> {
    await this.write({ text: 'delete from posts where id = $1', values: [id] }, event);
  }

  /** By id or handle. */
  async findAuthor(idOrHandle: string): Promise<{ id: string } | undefined> {
    const [author] = await this.database.query<{ id: string }>(
      `select id from authors where ${isId(idOrHandle) ? 'id' : 'handle'} = $1 limit 1`,
      [idOrHandle.toLowerCase()],
    );
    return author;
  }

  /** An older version never replaces a newer one. */
  async upsertAuthors(profiles: readonly EventData<typeof UserCreatedV1>[]): Promise<void> {
    await this.database.query(
      `insert into authors as a (id, handle, display_name, image_url, version)
       select distinct on (id) id, handle, "displayName", "imageUrl", version from json_to_recordset($1)
         as p (id uuid, handle text, "displayName" text, "imageUrl" text, version bigint)
       order by id, version desc
       on conflict (id) do update set handle = excluded.handle, display_name = excluded.display_name,
         image_url = excluded.image_url, version = excluded.version where a.version < excluded.version`,
      [JSON.stringify(profiles)],
    );
  }

  /** Who follows whom, as the latest event of each follower says. */
  async upsertFollows(follows: readonly KeptFollow[]): Promise<void> {
    await this.database.query(
      `insert into follows as f (follower_id, followee_id, sequence, active)
       select distinct on ("followerId", "followeeId") "followerId", "followeeId", sequence, active
       from json_to_recordset($1) as n ("followerId" uuid, "followeeId" uuid, sequence bigint, active boolean)
       order by "followerId", "followeeId", sequence desc
       on conflict (follower_id, followee_id) do update set sequence = excluded.sequence, active = excluded.active
       where f.sequence < excluded.sequence`,
      [JSON.stringify(follows)],
    );
  }

  private async write<Row extends object>(change: Change, event: NewEvent | undefined): Promise<Row[]> {
    if (event) return this.outbox.appendWith<Row>(change, event);
    const { text, values, returning } = change;
    return this.database.query<Row>(returning ? `${text} returning ${returning}` : text, values);
  }
}

function one<Row>([row]: readonly Row[]): Row {
  if (!row) throw new Error('The row is gone.');
  return row;
}
