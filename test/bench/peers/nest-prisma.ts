/** A peer: a blog on Nest, Fastify and Prisma. */
import 'reflect-metadata';
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Param,
  type PipeTransform,
  Post,
  Query,
  Req,
  UnauthorizedException,
  UnprocessableEntityException,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { answerParent, endOnSignal } from '../sides/shared/answer-parent.js';
import { Blog, Credentials, NewPost, Page } from './blog.js';

type WithUser = FastifyRequest & { user?: string };

class Checked<T> implements PipeTransform<unknown, T> {
  constructor(private readonly schema: z.ZodType<T>) {}

  transform(value: unknown): T {
    const checked = this.schema.safeParse(value);
    if (!checked.success) throw new UnprocessableEntityException(checked.error.issues);
    return checked.data;
  }
}

@Injectable()
class JwtGuard implements CanActivate {
  constructor(@Inject(Blog) private readonly blog: Blog) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<WithUser>();
    request.user = await this.blog.userOf(request.headers.authorization).catch(() => {
      throw new UnauthorizedException();
    });
    return true;
  }
}

@Controller()
class BlogController {
  constructor(@Inject(Blog) private readonly blog: Blog) {}

  @Get('posts')
  async list(@Query(new Checked(Page)) page: z.infer<typeof Page>) {
    return this.blog.list(page);
  }

  @Get('posts/:slug')
  async read(@Param('slug') slug: string) {
    const post = await this.blog.read(slug);
    if (!post) throw new NotFoundException();
    return { data: post };
  }

  @Get('users/:handle/posts')
  async listOfAuthor(@Param('handle') handle: string, @Query(new Checked(Page)) page: z.infer<typeof Page>) {
    return this.blog.list(page, handle);
  }

  @Post('posts')
  @UseGuards(JwtGuard)
  async create(@Req() request: WithUser, @Body(new Checked(NewPost)) post: z.infer<typeof NewPost>) {
    return { data: await this.blog.create(request.user ?? '', post) };
  }

  @Post('login')
  @HttpCode(200)
  async logIn(@Body(new Checked(Credentials)) credentials: z.infer<typeof Credentials>) {
    const token = await this.blog.logIn(credentials);
    if (!token) throw new UnauthorizedException();
    return { data: { token } };
  }
}

@Module({ controllers: [BlogController], providers: [Blog, JwtGuard] })
class BlogModule {}

const app = await NestFactory.create<NestFastifyApplication>(BlogModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
endOnSignal(() => app.close());
answerParent(await app.getUrl());
