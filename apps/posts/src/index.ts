import type { ServiceDefinition } from '#runtime';
import { PostsModule } from './posts.module.js';

export const posts: ServiceDefinition = { name: 'posts', module: PostsModule };
