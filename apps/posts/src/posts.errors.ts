import { catalogue } from '#runtime';

export const postErrors = catalogue({
  POST_NOT_FOUND: { status: 404, title: 'There is no such post.' },
  AUTHOR_NOT_FOUND: { status: 404, title: 'There is no such user.' },
  CATEGORY_NOT_FOUND: { status: 404, title: 'There is no such category.' },
  COMMENT_NOT_FOUND: { status: 404, title: 'There is no such comment.' },
  POST_ALREADY_PUBLISHED: { status: 409, title: 'This post is already published.' },
  POST_NOT_PUBLISHED: { status: 409, title: 'This post is a draft.' },
  CATEGORY_EXISTS: { status: 409, title: 'A category with this name already exists.' },
  CATEGORY_IN_USE: { status: 409, title: 'Posts are in this category. Move them first.' },
  THREAD_TOO_DEEP: { status: 409, title: 'The thread has reached its maximum depth. Reply to a comment further up.' },
  NOT_YOUR_COMMENT: { status: 403, title: 'A comment may be changed only by its author, an editor or an admin.' },
  NOT_YOUR_POST: { status: 403, title: 'A post may be changed only by its author, an editor or an admin.' },
});
