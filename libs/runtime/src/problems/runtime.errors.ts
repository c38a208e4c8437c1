import { catalogue } from './problem.js';

/** The errors that every route may return. */
export const runtimeErrors = catalogue({
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid.' },
  MALFORMED_REQUEST: { status: 400, title: 'The request cannot be read.' },
  CONSISTENCY_TOKEN_INVALID: { status: 400, title: 'The Consistency-Token is not valid.' },
  IDEMPOTENCY_KEY_INVALID: { status: 400, title: 'The Idempotency-Key is not valid.' },
  UNAUTHENTICATED: { status: 401, title: 'An access token is required.' },
  SESSION_ENDED: { status: 401, title: 'The session of this access token has ended.' },
  TOKEN_INVALID: { status: 401, title: 'The access token is not valid.' },
  FORBIDDEN: { status: 403, title: 'You are not allowed to do this.' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no route with this path.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not support this method.' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time.' },
  IDEMPOTENCY_KEY_IN_FLIGHT: { status: 409, title: 'A request with this Idempotency-Key is still being handled.' },
  PRECONDITION_FAILED: { status: 412, title: 'The resource has changed since you read it.' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large.' },
  URL_TOO_LONG: { status: 414, title: 'The URL is too long.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Only application/json is accepted here.' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used with another request.' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The URL and the headers are too large together.' },
  RATE_LIMITED: { status: 429, title: 'Too many requests.' },
  INTERNAL: { status: 500, title: 'Internal server error.' },
  NOT_CAUGHT_UP: { status: 503, title: 'The service has not yet caught up with earlier writes.' },
  KEYS_UNAVAILABLE: { status: 503, title: 'The keys that verify access tokens have not been loaded yet.' },
  OVERLOADED: { status: 503, title: 'The service is overloaded.' },
  UNAVAILABLE: { status: 503, title: 'The service is temporarily unavailable.' },
});
