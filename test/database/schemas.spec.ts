import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '#contracts';
import { packageRoot } from '#database';
import { emptyDatabase, testDatabase } from '../support/database/database.js';
import { drift } from './drift.js';

const folderOf = (service: string) => join(packageRoot(), 'apps', service, 'prisma');

describe('The migrations', () => {
  it.each(serviceNames)('of %s match its schema.prisma', async (service) => {
    expect(await drift(folderOf(service), await emptyDatabase())).toBe('');
  });

  it('that differ are detected', async () => {
    const schema = readFileSync(join(folderOf('posts'), 'schema.prisma'), 'utf8');
    const wanted = schema.replace(/^model Post \{$/m, 'model Post {\n  extra Int');
    expect(wanted).not.toBe(schema);
    expect(await drift(folderOf('posts'), await emptyDatabase(), wanted)).toContain('ADD COLUMN     "extra"');
  });
});

/** Partial indexes, which schema.prisma cannot express. */
const partialIndexes: Record<string, string[]> = {
  posts: [
    `comments_deleted ... WHERE deleted`,
    `follows_active ... WHERE active`,
    `posts_drafts_by_author ... WHERE (status = 'draft'::text)`,
    `posts_drafts_by_created_at ... WHERE (status = 'draft'::text)`,
    `posts_published_by_author ... WHERE (status = 'published'::text)`,
    `posts_published_by_category ... WHERE (status = 'published'::text)`,
    `posts_published_by_created_at ... WHERE (status = 'published'::text)`,
    `posts_published_by_likes ... WHERE (status = 'published'::text)`,
    `posts_published_by_title ... WHERE (status = 'published'::text)`,
    `posts_published_latest ... WHERE (status = 'published'::text)`,
    `posts_published_search ... WHERE (status = 'published'::text)`,
    `posts_published_tags ... WHERE (status = 'published'::text)`,
  ],
  notifications: [
    `notifications_of_comment ... WHERE (comment_id IS NOT NULL)`,
    `notifications_of_follower ... WHERE (type = 'user.followed'::text)`,
    `notifications_of_post ... WHERE ((comment_id IS NULL) AND (type = ANY (ARRAY['post.published'::text, 'mention'::text])) AND (state <> 'withdrawn'::text))`,
    `notifications_shown ... WHERE (state = 'shown'::text)`,
    `notifications_unread ... WHERE ((state = 'shown'::text) AND (read_at IS NULL))`,
    `notifications_unread_mentions ... WHERE ((type = 'mention'::text) AND (read_at IS NULL) AND (state <> 'withdrawn'::text))`,
  ],
};

describe('The partial indexes', () => {
  it.each(Object.entries(partialIndexes))('of %s exist', async (service, expected) => {
    const test = await testDatabase(service);
    const rows = await test.database.query<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes
       where schemaname = $1 and indexdef like '% WHERE %'
         -- Not those of the delivery library, which has migrations of its own.
         and tablename not in ('inbox', 'dead_letters') order by 1`,
      [service],
    );
    await test.close();
    expect(rows.map(({ name, definition }) => `${name} ... ${definition.slice(definition.indexOf('WHERE'))}`)).toEqual(
      expected,
    );
  });
});
