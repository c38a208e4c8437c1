import type { ServiceDefinition } from '#runtime';
import { PostsModule } from './posts.module.js';

export { CommentsService } from './comments/comments.service.js';
export { readFolder } from './import/read-folder.js';
export type { FolderContent, Note } from './import/read-folder.js';
export { PostsImporter } from './import/posts.importer.js';
export type { Imported, OwnedFile } from './import/posts.importer.js';
export { nameOf, siteAt } from './import/site.js';
export { UnreadableFile } from './import/reading/front-matter.js';
export { LikesService } from './likes/likes.service.js';
export { PostsRepublisher } from './posts/posts.republisher.js';

export const posts: ServiceDefinition = {
  name: 'posts',
  summary: 'Posts, comments, likes, categories and the feed.',
  module: PostsModule,
};
