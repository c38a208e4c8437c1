import { Body, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { Allows, Endpoint, ApiController, Idempotent, IfMatch, pageMeta, type Precondition, Versioned } from '#runtime';
import type { FastifyReply } from 'fastify';
import { postErrors } from '../posts.errors.js';
import { CategoriesQuery, Category, CategoryChange, NewCategory } from './categories.dto.js';
import { CategoriesService } from './categories.service.js';

const params = { id: 'Id of the category.' };
const { CATEGORY_NOT_FOUND, CATEGORY_EXISTS, CATEGORY_IN_USE } = postErrors;

@ApiController('posts', 'categories')
export class CategoriesController {
  constructor(private readonly categories: CategoriesService) {}

  @Get()
  @Allows('read')
  @Endpoint({
    summary: 'All categories',
    description: 'By name, or by creation.',
    status: 200,
    data: Category.array(),
    meta: pageMeta,
  })
  async list(@Query({ schema: CategoriesQuery }) query: CategoriesQuery) {
    return this.categories.list(query);
  }

  @Get(':id')
  @Allows('read')
  @Endpoint({
    summary: 'A category, by id or slug',
    description: 'The slug is derived from the first name of the category and never changes.',
    params: { id: 'Id or slug.' },
    status: 200,
    data: Category,
    versioned: true,
    problems: [CATEGORY_NOT_FOUND],
  })
  async read(@Param('id') id: string): Promise<Versioned> {
    return Versioned.of(await this.categories.read(id));
  }

  @Post()
  @Allows('moderate')
  @Idempotent()
  @Endpoint({
    summary: 'Creates a category (editors)',
    description: 'Names are unique.',
    status: 201,
    data: Category,
    versioned: true,
    problems: [CATEGORY_EXISTS],
  })
  async create(
    @Body({ schema: NewCategory }) body: NewCategory,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned> {
    const category = await this.categories.create(body);
    reply.header('location', `/v1/categories/${category.id}`);
    return Versioned.of(category);
  }

  @Patch(':id')
  @Allows('moderate')
  @Endpoint({
    summary: 'Changes a category (editors)',
    description: 'Only the given fields change. The slug stays.',
    params,
    status: 200,
    data: Category,
    versioned: true,
    problems: [CATEGORY_NOT_FOUND, CATEGORY_EXISTS],
  })
  async change(
    @Param('id') id: string,
    @Body({ schema: CategoryChange }) body: CategoryChange,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return Versioned.of(await this.categories.change(id, body, precondition));
  }

  @Delete(':id')
  @Allows('moderate')
  @Endpoint({
    summary: 'Deletes a category without posts (editors)',
    description: 'A category that any post has is not deleted.',
    params,
    status: 204,
    problems: [CATEGORY_NOT_FOUND, CATEGORY_IN_USE],
  })
  async delete(@Param('id') id: string, @IfMatch() precondition: Precondition): Promise<void> {
    await this.categories.delete(id, precondition);
  }
}
