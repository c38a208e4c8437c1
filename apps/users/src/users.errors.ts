import { catalogue } from '#runtime';

export const userErrors = catalogue({
  USER_NOT_FOUND: { status: 404, title: 'There is no such user.' },
  HANDLE_TAKEN: { status: 409, title: 'This handle is taken.' },
  CANNOT_FOLLOW_ONESELF: { status: 409, title: 'Users cannot follow themselves.' },
});
