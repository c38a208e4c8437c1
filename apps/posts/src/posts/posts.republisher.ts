import { Injectable } from '@nestjs/common';
import { PostUpdatedV1 } from '#contracts';
import { Database } from '#database';
import { Outbox } from '#events';
import { eventOf } from './posts.event.js';
import { PostsRepository } from './posts.repository.js';

/** Publishes the current state of every published post, to fill a new or lost projection. Notifies no user again. */
@Injectable()
export class PostsRepublisher {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly repository: PostsRepository,
  ) {}

  /** How many posts there are to republish. */
  async count(): Promise<number> {
    return this.repository.countPublished();
  }

  /** Republishes the next posts after the id `after`, in one transaction. `last` is undefined if there are no more. */
  async next(after: string, limit: number): Promise<{ count: number; last: string | undefined }> {
    return this.database.transaction(async () => {
      const posts = await this.repository.bumpSequences(after, limit);
      const events = posts.map((post) => eventOf(PostUpdatedV1, post));
      if (events.length > 0) await this.outbox.append(...events);
      return { count: posts.length, last: posts.at(-1)?.id };
    });
  }
}
