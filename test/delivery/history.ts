/** ok: answered with success. failed: answered with a refusal (4xx). unknown: no answer, or 5xx. */
export type Outcome = 'ok' | 'failed' | 'unknown';

/** One write as its client saw it. */
export interface Write {
  readonly kind:
    'register' | 'create' | 'edit' | 'publish' | 'delete' | 'follow' | 'unfollow' | 'comment' | 'like' | 'invalid';
  readonly outcome: Outcome;
  readonly mark: string;
  /** The account that wrote; for a registration its e-mail address. */
  readonly by: string;
  /** The post, or the person followed. */
  readonly target?: string;
  readonly published?: boolean;
  /** Of the answer, if there was one. */
  readonly status?: number;
}

/** Everything that the clients saw, in the order of the answers; one client's writes are in its own order. */
export class History {
  readonly writes: Write[] = [];
  /** Reads with the token of a write that did not show it, a sentence each. */
  readonly stale: string[] = [];
  /** Writes that were read back. */
  readBack = 0;
  /** When the process was killed. */
  readonly kills: Date[] = [];

  /** How often each status was answered: `200: 3, 201: 5, no answer: 1`. */
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
