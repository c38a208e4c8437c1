import type { ServiceDefinition } from '#runtime';
import { PostsModule } from './posts.module.js';

export { CommentsService } from './comments/comments.service.js';
export { UnreadableFile } from './import/front-matter.js';
export { readMarkdown } from './import/markdown-file.js';
export type { MarkdownFile } from './import/markdown-file.js';
export { markdownFilesIn, readText } from './import/markdown-folder.js';
export { PostsImporter } from './import/posts.importer.js';
export { LikesService } from './likes/likes.service.js';
export { PostsRepublisher } from './posts/posts.republisher.js';

export const posts: ServiceDefinition = {
  name: 'posts',
  summary: 'Posts, comments, likes, categories and the feed.',
  module: PostsModule,
};
