import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, deleteInBatches, type Expired } from '#database';

/** Injection token: conditions for the rows that a service deletes once they have expired. */
export const HOUSEKEEPING = Symbol('HOUSEKEEPING');

/** Stored responses are replayed for 24 hours. */
export const expiredResponses: Expired = {
  table: 'idempotency_keys',
  where: `created_at < now() - interval '24 hours'`,
};

const HOUR_MS = 3_600_000;

/** Deletes expired rows of a service's database once an hour. Any number of replicas may do so at the same time. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('housekeeping');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    @Inject(HOUSEKEEPING) private readonly expired: readonly Expired[],
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.deleteExpired(), HOUR_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async deleteExpired(): Promise<void> {
    try {
      for (const each of this.expired) await deleteInBatches(this.database, each);
    } catch (error) {
      this.logger.warn(`${this.database.service}: cleanup failed, retrying in an hour: ${(error as Error).message}`);
    }
  }
}
