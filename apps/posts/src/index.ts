import type { ServiceDefinition } from '#runtime';
import { PostsModule } from './posts.module.js';

export { CommentsService } from './comments/comments.service.js';
export { PostsRepublisher } from './posts.republisher.js';

export const posts: ServiceDefinition = {
  name: 'posts',
  summary: 'What people write, read and like.',
  module: PostsModule,
};
