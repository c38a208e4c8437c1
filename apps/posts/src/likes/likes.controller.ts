import { Delete, Param, Put } from '@nestjs/common';
import { Account, ApiController, type CurrentAccount, Endpoint } from '#runtime';
import { postErrors } from '../posts.errors.js';
import { LikesService } from './likes.service.js';

const problems = [postErrors.POST_NOT_FOUND, postErrors.POST_NOT_PUBLISHED];

@ApiController('posts', 'posts/:id/like')
export class LikesController {
  constructor(private readonly likes: LikesService) {}

  @Put()
  @Endpoint({ summary: 'Likes a post', operationId: 'posts.like', status: 204, problems })
  async like(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.likes.like(account, id);
  }

  @Delete()
  @Endpoint({ summary: 'Removes a like', operationId: 'posts.unlike', status: 204, problems })
  async unlike(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.likes.unlike(account, id);
  }
}
