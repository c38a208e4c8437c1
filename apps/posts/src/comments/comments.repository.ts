import { Injectable } from '@nestjs/common';
import { type Expression, expressionBuilder, type InferResult, sql, type SqlBool } from 'kysely';
import { columnsOf, Database, once, perShape, pick } from '#database';
import { type NewEvent, Outbox } from '#events';
import { isUsualPage, MAX_COUNTED, type Position } from '#runtime';
import { AUTHOR, type PostAuthor } from '../posts/posts.repository.js';
import { type Comment, type DB, db } from '../tables.js';

export interface CommentsOrder {
  readonly by: 'path' | 'createdAt';
  readonly descending: boolean;
}

const COLUMNS = [
  ...(['id', 'postId', 'authorId', 'path', 'body', 'bodyHtml', 'mentions'] as const),
  ...(['version', 'deleted', 'createdAt', 'updatedAt'] as const),
] as const;

function selectComments() {
  return db
    .selectFrom('comments as c')
    .innerJoin('authors as a', 'a.id', 'c.authorId')
    .select(columnsOf('c', COLUMNS))
    .select(AUTHOR.as('author'));
}

function selectPlaced() {
  return selectComments().select((eb) =>
    eb
      .selectFrom('comments as parent')
      .select('parent.authorId')
      .where('parent.id', '=', sql<string>`c.path[cardinality(c.path) - 1]`)
      .as('parentAuthorId'),
  );
}

export type CommentRow = InferResult<ReturnType<typeof selectComments>>[number];
/** A comment with the author of the comment that it answers. */
export type PlacedComment = InferResult<ReturnType<typeof selectPlaced>>[number];

const find = once('comments: find', ({ id }: { id: string }) =>
  selectComments().where('c.id', '=', id).where('c.deleted', '=', sql.lit(false)),
);
const lock = once('comments: lock', ({ id }: { id: string }) =>
  selectPlaced().where('c.id', '=', id).where('c.deleted', '=', sql.lit(false)).forUpdate('c'),
);

const c = expressionBuilder<DB & { c: Comment }, 'c'>();
/** A comment below it is not deleted: the paths of those begin with its own. */
const IS_ANSWERED = c.exists(
  c
    .selectFrom('comments as d')
    .select('d.id')
    .whereRef('d.postId', '=', 'c.postId')
    .where('d.deleted', '=', sql.lit(false))
    .whereRef('d.path', '>', 'c.path')
    .where('d.path', '<', sql<string[]>`c.path || 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`),
);
/** A deleted comment is shown as long as it is answered. */
const SHOWN = c.or([c('c.deleted', '=', sql.lit(false)), IS_ANSWERED]);

interface ListShape extends CommentsOrder {
  readonly limit: number;
  readonly offset?: number;
  readonly after?: boolean;
}

interface Given {
  readonly postId: string;
  /** Where a cursor stands. */
  readonly value: string;
  readonly id: string;
}

/** Those that are not deleted are a kept count; only the deleted ones that are shown have to be found. */
const count = once('comments: count', ({ postId }: { postId: string }) =>
  db
    .selectFrom('posts as p')
    .where('p.id', '=', postId)
    .select((eb) => eb('p.comments', '+', deletedButShown(postId)).as('total')),
);

const deletedButShown = (postId: string) =>
  db
    .selectFrom(
      db
        .selectFrom('comments as c')
        .select(sql.lit(1).as('one'))
        .where('c.postId', '=', postId)
        .where('c.deleted', '=', sql.lit(true))
        .where(IS_ANSWERED)
        .limit(sql.lit(MAX_COUNTED + 1))
        .as('counted'),
    )
    .select((eb) => eb.fn.countAll<number>().as('deleted'));

const thread = { by: 'path', descending: false, limit: 20 } as const;
const list = perShape(
  'comments: list',
  [thread, { ...thread, offset: 20 }, { by: 'createdAt', descending: true, limit: 20, after: true }],
  ({ by, descending, limit, offset = 0, after = false }: ListShape, given: Given) => {
    const direction = descending ? 'desc' : 'asc';
    return (
      selectComments()
        .where('c.postId', '=', given.postId)
        .where(SHOWN)
        .$if(after, (query) => query.where(isBeyond(by, descending, given)))
        .orderBy(`c.${by}`, direction)
        // A path ends with its comment's own id, so that no two are the same.
        .$if(by !== 'path', (query) => query.orderBy('c.id', direction))
        .limit(sql.lit(limit))
        .$if(offset > 0, (query) => query.offset(sql.lit(offset)))
    );
  },
  isUsualPage,
);

const TYPES = { path: sql`uuid[]`, createdAt: sql`timestamptz` };

function isBeyond(by: CommentsOrder['by'], descending: boolean, { value, id }: Given): Expression<SqlBool> {
  const than = sql.raw(descending ? '<' : '>');
  return sql`(${sql.ref(`c.${by}`)}, c.id) ${than} (${value}::${TYPES[by]}, ${id}::uuid)`;
}

const written = expressionBuilder<DB, 'comments'>();
const add = once('comments: add', (comment: Omit<CommentRow, 'author'>) =>
  db
    .insertInto('comments')
    .values(pick(comment, COLUMNS))
    .returning(
      written
        .selectFrom('authors as a')
        .select(AUTHOR.as('author'))
        .whereRef('a.id', '=', 'comments.authorId')
        .as('author'),
    ),
);
const save = once('comments: save', (comment: CommentRow) =>
  db
    .updateTable('comments')
    .set(pick(comment, ['body', 'bodyHtml', 'mentions', 'version', 'updatedAt']))
    .where('id', '=', comment.id),
);
const remove = once('comments: remove', ({ id }: { id: string }) =>
  db
    .updateTable('comments')
    .set((eb) => ({
      deleted: sql.lit(true),
      body: '',
      bodyHtml: '',
      mentions: sql<string[]>`'{}'`,
      version: eb('version', '+', sql.lit(1)),
      updatedAt: sql<Date>`now()`,
    }))
    .where('id', '=', id),
);
const countStep = once('comments: count step', ({ postId, step }: { postId: string; step: number }) =>
  db
    .updateTable('posts')
    .set((eb) => ({
      comments: eb('comments', '+', step),
      commentSequence: eb('commentSequence', '+', sql.lit(1)),
    }))
    .where('id', '=', postId)
    .returning('id'),
);

@Injectable()
export class CommentsRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async find(id: string): Promise<CommentRow | undefined> {
    const [row] = await this.database.run(find({ id }));
    return row;
  }

  async lock(id: string): Promise<PlacedComment | undefined> {
    const [row] = await this.database.run(lock({ id }));
    return row;
  }

  async page(postId: string, order: CommentsOrder, page: number, limit: number) {
    const [counted] = await this.database.run(count({ postId }));
    const shape = { ...order, limit, offset: (page - 1) * limit };
    const rows = await this.database.run(list(shape, { postId, value: '', id: '' }));
    return { rows, total: counted?.total ?? 0 };
  }

  async after(postId: string, order: CommentsOrder, after: Position | undefined, limit: number): Promise<CommentRow[]> {
    const given = { postId, value: after?.value ?? '', id: after?.id ?? '' };
    return this.database.run(list({ ...order, limit, after: after !== undefined }, given));
  }

  /** Under the row lock of the post. */
  async add(comment: Omit<CommentRow, 'author'>): Promise<PostAuthor> {
    const [added] = await this.database.run(add(comment));
    if (!added?.author) throw new Error('The comment was not added.');
    return added.author;
  }

  async save(comment: CommentRow): Promise<void> {
    await this.database.run(save(comment));
  }

  /** Its text is gone for good. */
  async remove(id: string): Promise<void> {
    await this.database.run(remove({ id }));
  }

  /** Changes the post's count and its sequence of topic posts.comment, with the event. */
  async count(postId: string, step: 1 | -1, event: NewEvent): Promise<void> {
    await this.outbox.appendWith(countStep({ postId, step }), event);
  }
}
