/** ok: a success response (2xx). failed: a 4xx response. unknown: no response, or 5xx. */
export type Outcome = 'ok' | 'failed' | 'unknown';

/** A write and its outcome as its client observed it. */
export interface Write {
  readonly kind:
    'register' | 'create' | 'edit' | 'publish' | 'delete' | 'follow' | 'unfollow' | 'comment' | 'like' | 'invalid';
  readonly outcome: Outcome;
  readonly mark: string;
  /** The account that wrote; for a registration its e-mail address. */
  readonly by: string;
  /** The post, or the account that is followed. */
  readonly target?: string;
  readonly published?: boolean;
  /** When it was sent, by performance.now(). */
  readonly sent?: number;
  /** Status code of the response, if there was one. */
  readonly status?: number;
}

/**
 * All writes of the clients, in the order of their responses. The writes of one client are in the order in which it
 * sent them.
 */
export class History {
  readonly writes: Write[] = [];
  /** Reads with the token of a write that returned an older state, one sentence each. */
  readonly stale: string[] = [];
  /** Number of writes that were read back. */
  readBack = 0;
  /** Times at which the process was killed. */
  readonly kills: Date[] = [];

  /** Number of responses by status: `200: 3, 201: 5, no answer: 1`. */
  get answers(): string {
    const statuses = Object.groupBy(this.writes, (write) => String(write.status ?? 'no answer'));
    return Object.entries(statuses)
      .map(([status, writes]) => `${status}: ${writes?.length}`)
      .join(', ');
  }

  count(outcome: Outcome): number {
    return this.writes.filter((write) => write.outcome === outcome).length;
  }
}
