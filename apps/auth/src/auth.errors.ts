import { catalogue } from '#runtime';

export const authErrors = catalogue({
  EMAIL_TAKEN: { status: 409, title: 'There is an account with this e-mail address already.' },
  ACCOUNT_NOT_FOUND: { status: 404, title: 'There is no such account.' },
  ACCOUNT_SUSPENDED: { status: 403, title: 'This account is suspended.' },
  INVALID_CREDENTIALS: { status: 401, title: 'The e-mail address or the password is wrong.' },
  SESSION_NOT_FOUND: { status: 404, title: 'There is no such session, or it has ended.' },
  REFRESH_TOKEN_INVALID: {
    status: 401,
    title: 'The refresh token is unknown, expired, or of a session that has ended.',
  },
  REFRESH_TOKEN_REUSED: { status: 401, title: 'The refresh token was used before, so its session has been ended.' },
});
