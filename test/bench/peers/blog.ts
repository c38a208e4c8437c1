/**
 * A blog as it is usually written on Prisma: one table per model, relations by `include`, a count for page numbers. Both peers
 * use it. It has no likes, events, cache or rate limits, renders no Markdown, and answers without ETags.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { PrismaPg } from '@prisma/adapter-pg';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Prisma, PrismaClient } from './generated/client.js';

export const NewPost = z.object({
  title: z.string().min(1).max(200),
  body: z.string().min(1).max(100_000),
  tags: z.array(z.string().max(50)).max(10).default([]),
});
export const Credentials = z.object({ email: z.string(), password: z.string().max(200) });
export const Page = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

const author = { select: { id: true, handle: true, displayName: true } };
const secret = new TextEncoder().encode(process.env['JWT_SECRET'] ?? '');

export class Blog {
  private readonly prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: process.env['DATABASE_URL'] ?? '' }),
  });

  async read(slug: string) {
    return this.prisma.post.findUnique({ where: { slug }, include: { author } });
  }

  async list({ page, limit }: z.infer<typeof Page>, handle?: string) {
    const where: Prisma.PostWhereInput = { publishedAt: { not: null }, ...(handle ? { author: { handle } } : {}) };
    const [posts, total] = await Promise.all([
      this.prisma.post.findMany({
        where,
        include: { author },
        omit: { body: true },
        orderBy: { publishedAt: 'desc' },
        skip: (page - 1) * limit,
        take: limit,
      }),
      this.prisma.post.count({ where }),
    ]);
    return { data: posts, meta: { page, limit, total, totalPages: Math.ceil(total / limit) } };
  }

  async create(authorId: string, post: z.infer<typeof NewPost>) {
    const slug = `${post.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${randomBytes(4).toString('hex')}`;
    const now = new Date();
    const times = { createdAt: now, updatedAt: now, publishedAt: now };
    return this.prisma.post.create({
      data: { id: randomUUID(), authorId, slug, ...post, ...times },
      include: { author },
    });
  }

  /** An access token, or undefined for wrong credentials. */
  async logIn({ email, password }: z.infer<typeof Credentials>): Promise<string | undefined> {
    const user = await this.prisma.user.findUnique({ where: { email } });
    if (!user || !(await verify(user.passwordHash, password))) return undefined;
    return new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(user.id).setExpirationTime('15m').sign(secret);
  }

  /** The id of the user whom a token names. Rejects if it is not valid. */
  async userOf(authorization = ''): Promise<string> {
    const { payload } = await jwtVerify(authorization.replace(/^Bearer /, ''), secret);
    return payload.sub ?? '';
  }
}
