import type { ServiceDefinition } from '#runtime';
import { PostsModule } from './posts.module.js';

export const posts: ServiceDefinition = {
  name: 'posts',
  summary: 'What people write, read and like.',
  module: PostsModule,
};
