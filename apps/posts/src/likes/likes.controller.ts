import { Delete, Param, Put } from '@nestjs/common';
import { Account, ApiController, type CurrentAccount, Endpoint } from '#runtime';
import { postErrors } from '../posts.errors.js';
import { LikesService } from './likes.service.js';

const params = { id: 'Id of the post.' };
const problems = [postErrors.POST_NOT_FOUND, postErrors.POST_NOT_PUBLISHED];

@ApiController('posts', 'posts/:id/like')
export class LikesController {
  constructor(private readonly likes: LikesService) {}

  @Put()
  @Endpoint({
    summary: 'Likes a post',
    description: 'Notifies the author, the first time. Repeating it changes nothing.',
    operationId: 'posts.like',
    params,
    status: 204,
    problems,
  })
  async like(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.likes.like(account, id);
  }

  @Delete()
  @Endpoint({
    summary: 'Removes a like',
    description: 'Repeating it changes nothing.',
    operationId: 'posts.unlike',
    params,
    status: 204,
    problems,
  })
  async unlike(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.likes.unlike(account, id);
  }
}
