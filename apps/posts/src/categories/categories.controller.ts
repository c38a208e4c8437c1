import { Body, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  Account,
  Anonymous,
  Answers,
  ApiController,
  type CurrentAccount,
  Idempotent,
  IfMatch,
  pageMeta,
  type Precondition,
  runtimeErrors,
  Versioned,
} from '#runtime';
import type { FastifyReply } from 'fastify';
import { postErrors } from '../posts.errors.js';
import { CategoriesQuery, Category, CategoryChange, NewCategory } from './categories.dto.js';
import { CategoriesService } from './categories.service.js';

const { FORBIDDEN } = runtimeErrors;
const { CATEGORY_NOT_FOUND, CATEGORY_EXISTS, CATEGORY_IN_USE } = postErrors;

@ApiController('posts')
export class CategoriesController {
  constructor(private readonly categories: CategoriesService) {}

  @Get('categories')
  @Anonymous()
  @Answers({ summary: 'What posts can be about', status: 200, data: Category.array(), meta: pageMeta })
  async list(@Query({ schema: CategoriesQuery }) query: CategoriesQuery) {
    return this.categories.list(query);
  }

  @Get('categories/:id')
  @Anonymous()
  @Answers({
    summary: 'A category, by id or slug',
    status: 200,
    data: Category,
    versioned: true,
    problems: [CATEGORY_NOT_FOUND],
  })
  async read(@Param('id') id: string): Promise<Versioned> {
    return answer(await this.categories.read(id));
  }

  @Post('categories')
  @Idempotent()
  @Answers({
    summary: 'Makes a category (editors)',
    status: 201,
    data: Category,
    versioned: true,
    problems: [FORBIDDEN, CATEGORY_EXISTS],
  })
  async create(
    @Account() account: CurrentAccount,
    @Body({ schema: NewCategory }) body: NewCategory,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned> {
    const category = await this.categories.create(account, body);
    reply.header('location', `/v1/categories/${category.id}`);
    return answer(category);
  }

  @Patch('categories/:id')
  @Answers({
    summary: 'Changes a category (editors)',
    status: 200,
    data: Category,
    versioned: true,
    problems: [FORBIDDEN, CATEGORY_NOT_FOUND, CATEGORY_EXISTS],
  })
  async change(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @Body({ schema: CategoryChange }) body: CategoryChange,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return answer(await this.categories.change(account, id, body, precondition));
  }

  @Delete('categories/:id')
  @Answers({
    summary: 'Deletes a category that no post is in (editors)',
    status: 204,
    problems: [FORBIDDEN, CATEGORY_NOT_FOUND, CATEGORY_IN_USE],
  })
  async delete(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @IfMatch() precondition: Precondition,
  ): Promise<void> {
    await this.categories.delete(account, id, precondition);
  }
}

function answer(category: Category): Versioned {
  return new Versioned({ data: category }, category.version);
}
