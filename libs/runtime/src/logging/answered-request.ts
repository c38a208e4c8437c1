/** A request that has been answered, as the log and the metrics describe it: never its path, query, headers or body. */
export interface AnsweredRequest {
  readonly method: string;
  /** The template, such as /v1/posts/:id. */
  readonly route: string | undefined;
  /** The service that owns the route, or else the process. */
  readonly service: string;
  readonly status: number;
  /** Milliseconds until the response was sent. */
  readonly ms: number;
  /** Id of the account of its access token. */
  readonly account: string | undefined;
  readonly traceparent: string | null | undefined;
}
