import { catalogue } from '#runtime';

export const postErrors = catalogue({
  POST_NOT_FOUND: { status: 404, title: 'There is no such post.' },
  POST_ALREADY_PUBLISHED: { status: 409, title: 'This post is published already.' },
  NOT_YOUR_POST: { status: 403, title: 'Only its author, an editor or an admin may change a post.' },
});
