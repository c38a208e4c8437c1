import { catalogue } from './problem.js';

/** The errors that every route may answer with. */
export const runtimeErrors = catalogue({
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid.' },
  MALFORMED_REQUEST: { status: 400, title: 'The request cannot be read.' },
  CONSISTENCY_TOKEN_INVALID: { status: 400, title: 'The Consistency-Token is not one of ours.' },
  IDEMPOTENCY_KEY_INVALID: { status: 400, title: 'The Idempotency-Key is not usable.' },
  UNAUTHENTICATED: { status: 401, title: 'This needs an access token.' },
  SESSION_ENDED: { status: 401, title: 'The session of this access token has ended.' },
  TOKEN_INVALID: { status: 401, title: 'The access token is not valid.' },
  FORBIDDEN: { status: 403, title: 'You are not allowed to do this.' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is nothing at this address.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not know this method.' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time.' },
  IDEMPOTENCY_KEY_IN_FLIGHT: { status: 409, title: 'A request with this Idempotency-Key is still being handled.' },
  PRECONDITION_FAILED: { status: 412, title: 'The resource has changed since you read it.' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large.' },
  URL_TOO_LONG: { status: 414, title: 'The address is too long.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Only application/json is understood here.' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used with another request.' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The address and the headers are too large together.' },
  RATE_LIMITED: { status: 429, title: 'Too many requests.' },
  INTERNAL: { status: 500, title: 'Something went wrong on our side.' },
  NOT_CAUGHT_UP: { status: 503, title: 'The effects of an earlier write have not arrived here yet.' },
  KEYS_UNAVAILABLE: { status: 503, title: 'The keys that verify access tokens have not been loaded yet.' },
  OVERLOADED: { status: 503, title: 'There are more requests than can be answered.' },
  UNAVAILABLE: { status: 503, title: 'The service cannot answer at the moment.' },
});
