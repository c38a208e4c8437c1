import { Injectable } from '@nestjs/common';
import type { EventData, UserCreatedV1 } from '#contracts';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';
import { isId } from '#runtime';

export interface PostAuthor {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly imageUrl: string | null;
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
  readonly author: PostAuthor;
}

export interface PostRow extends ListedPost {
  readonly body: string;
  readonly bodyHtml: string;
  readonly mentions: string[];
  readonly sequence: number;
}

export type PostContent = Omit<PostRow, 'author'>;

export interface KeptFollow {
  readonly followerId: string;
  readonly followeeId: string;
  readonly sequence: number;
  readonly active: boolean;
}

const LISTED = `p.id, p.author_id as "authorId", p.slug, p.title, p.summary, p.status, p.tags, p.version, p.likes,
  p.created_at as "createdAt", p.updated_at as "updatedAt", p.published_at as "publishedAt",
  json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'imageUrl', a.image_url) as author`;
const WHOLE = `${LISTED}, p.body, p.body_html as "bodyHtml", p.mentions, p.sequence`;

const FROM = 'from posts p join authors a on a.id = p.author_id';

/** Every select of listed posts begins like this. `viewer` is the number of the parameter with the viewer's id, or null. */
export function selectListed(viewer: number): string {
  return `select ${LISTED}, ${likedBy(viewer)} ${FROM}`;
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

  async lock(id: string, viewer: string): Promise<PostRow | undefined> {
    const [post] = await this.database.query<PostRow>(`${selectWhole(2)} where p.id = $1 for update of p`, [
      id,
      viewer,
    ]);
    return post;
  }

  async add(post: PostContent, event: NewEvent | undefined): Promise<void> {
    const text = `insert into posts (id, author_id, slug, title, summary, body, body_html, status, tags, mentions, version,
        sequence, created_at, updated_at, published_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`;
    const { id, authorId, slug, title, summary, body, bodyHtml, status, tags, mentions, version, sequence } = post;
    const values = [id, authorId, slug, title, summary, body, bodyHtml, status, tags, mentions, version, sequence];
    await this.write(text, [...values, post.createdAt, post.updatedAt, post.publishedAt], event);
  }

  async save(post: PostContent, event: NewEvent | undefined): Promise<void> {
    const text = `update posts set title = $2, summary = $3, body = $4, body_html = $5, status = $6, tags = $7,
        mentions = $8, version = $9, sequence = $10, updated_at = $11, published_at = $12 where id = $1`;
    const { id, title, summary, body, bodyHtml, status, tags, mentions, version, sequence } = post;
    const values = [id, title, summary, body, bodyHtml, status, tags, mentions, version, sequence];
    await this.write(text, [...values, post.updatedAt, post.publishedAt], event);
  }

  async remove(id: string, event: NewEvent | undefined): Promise<void> {
    await this.write('delete from posts where id = $1', [id], event);
  }

  /** The copy of a profile. Every caller of a route is known here, since the request has waited for it. */
  async author(id: string): Promise<PostAuthor> {
    const [author] = await this.database.query<PostAuthor>(
      'select id, handle, display_name as "displayName", image_url as "imageUrl" from authors where id = $1',
      [id],
    );
    if (!author) throw new Error(`The author ${id} is not known.`);
    return author;
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
  async keepAuthors(profiles: readonly EventData<typeof UserCreatedV1>[]): Promise<void> {
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
  async keepFollows(follows: readonly KeptFollow[]): Promise<void> {
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

  private async write(text: string, values: readonly unknown[], event: NewEvent | undefined): Promise<void> {
    if (event) await this.outbox.appendWith({ text, values }, event);
    else await this.database.query(text, values);
  }
}
