import { catalogue } from '#runtime';

export const postErrors = catalogue({
  POST_NOT_FOUND: { status: 404, title: 'There is no such post.' },
  AUTHOR_NOT_FOUND: { status: 404, title: 'There is no such user.' },
  POST_ALREADY_PUBLISHED: { status: 409, title: 'This post is published already.' },
  POST_NOT_PUBLISHED: { status: 409, title: 'This post is a draft.' },
  NOT_YOUR_POST: { status: 403, title: 'Only its author, an editor or an admin may change a post.' },
});
