import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';
import { MOST_COUNTED, type Position } from '#runtime';
import { AUTHOR, type PostAuthor } from '../posts/posts.repository.js';

export interface CommentRow {
  readonly id: string;
  readonly postId: string;
  readonly authorId: string;
  /** The ids from the first comment of the thread to this one. */
  readonly path: readonly string[];
  readonly body: string;
  readonly bodyHtml: string;
  readonly mentions: readonly string[];
  readonly version: number;
  readonly deleted: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly author: PostAuthor;
}

/** A comment with what its event tells of what it stands under. */
export interface PlacedComment extends CommentRow {
  readonly parentAuthorId: string | null;
}

export interface CommentsOrder {
  readonly by: 'path' | 'created_at';
  readonly descending: boolean;
}

const COLUMNS = `c.id, c.post_id as "postId", c.author_id as "authorId", c.path, c.body, c.body_html as "bodyHtml", c.mentions,
  c.version, c.deleted, c.created_at as "createdAt", c.updated_at as "updatedAt", ${AUTHOR} as author`;
const FROM = 'from comments c join authors a on a.id = c.author_id';

/** What is deleted is shown as long as something below it is not: the path of what is below begins with its own. */
const SHOWN = `(not c.deleted or exists (select from comments d where d.post_id = c.post_id and not d.deleted
  and d.path > c.path and d.path < c.path || 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))`;

const TYPES = { path: 'uuid[]', created_at: 'timestamptz' } as const;

@Injectable()
export class CommentsRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async find(id: string): Promise<CommentRow | undefined> {
    const [row] = await this.database.query<CommentRow>(`select ${COLUMNS} ${FROM} where c.id = $1 and not c.deleted`, [
      id,
    ]);
    return row;
  }

  async lock(id: string): Promise<PlacedComment | undefined> {
    const [row] = await this.database.query<PlacedComment>(
      `select ${COLUMNS}, (select p.author_id from comments p where p.id = c.path[cardinality(c.path) - 1]) as "parentAuthorId"
       ${FROM} where c.id = $1 and not c.deleted for update of c`,
      [id],
    );
    return row;
  }

  async page(postId: string, order: CommentsOrder, page: number, limit: number) {
    const [counted] = await this.database.query<{ total: number }>(
      `select count(*) as total from (select from comments c where c.post_id = $1 and ${SHOWN} limit ${MOST_COUNTED + 1}) as few`,
      [postId],
    );
    const rows = await this.database.query<CommentRow>(
      `select ${COLUMNS} ${FROM} where c.post_id = $1 and ${SHOWN} ${orderBy(order)}
       limit ${limit} offset ${(page - 1) * limit}`,
      [postId],
    );
    return { rows, total: counted?.total ?? 0 };
  }

  async after(postId: string, order: CommentsOrder, after: Position | undefined, limit: number): Promise<CommentRow[]> {
    const keyset = after
      ? `and (c.${order.by}, c.id) ${order.descending ? '<' : '>'} ($2::${TYPES[order.by]}, $3::uuid)`
      : '';
    return this.database.query<CommentRow>(
      `select ${COLUMNS} ${FROM} where c.post_id = $1 and ${SHOWN} ${keyset} ${orderBy(order)} limit ${limit}`,
      after ? [postId, after.value, after.id] : [postId],
    );
  }

  /** Under the row lock of the post. */
  async add(comment: Omit<CommentRow, 'author'>): Promise<PostAuthor> {
    const { id, postId, authorId, path, body, bodyHtml, mentions, createdAt } = comment;
    const [added] = await this.database.query<{ author: PostAuthor }>(
      `insert into comments as c (id, post_id, author_id, path, body, body_html, mentions, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
       returning (select ${AUTHOR} from authors a where a.id = c.author_id) as author`,
      [id, postId, authorId, path, body, bodyHtml, mentions, createdAt],
    );
    if (!added) throw new Error('The comment was not added.');
    return added.author;
  }

  async save({ id, body, bodyHtml, mentions, version, updatedAt }: CommentRow): Promise<void> {
    await this.database.query(
      'update comments set body = $2, body_html = $3, mentions = $4, version = $5, updated_at = $6 where id = $1',
      [id, body, bodyHtml, mentions, version, updatedAt],
    );
  }

  /** Its text is gone for good. */
  async remove(id: string): Promise<void> {
    await this.database.query(
      `update comments set deleted = true, body = '', body_html = '', mentions = '{}', version = version + 1,
         updated_at = now() where id = $1`,
      [id],
    );
  }

  /** Moves the post's count and its sequence of topic posts.comment, with the event. */
  async count(postId: string, step: 1 | -1, event: NewEvent): Promise<void> {
    const text = 'update posts set comments = comments + $2, comment_sequence = comment_sequence + 1 where id = $1';
    await this.outbox.appendWith({ text, values: [postId, step] }, event);
  }
}

/** A path ends with its comment's own id, so that no two are the same. */
function orderBy({ by, descending }: CommentsOrder): string {
  const direction = descending ? 'desc' : 'asc';
  if (by === 'path') return `order by c.path ${direction}`;
  return `order by c.${by} ${direction}, c.id ${direction}`;
}
