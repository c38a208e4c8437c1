import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, deleteInBatches, type Expired } from '#database';

/** The rows that a service need not keep any longer. */
export const HOUSEKEEPING = Symbol('HOUSEKEEPING');

/** Stored answers are replayed for 24 hours. */
export const expiredAnswers: Expired = {
  table: 'idempotency_keys',
  where: `created_at < now() - interval '24 hours'`,
};

const HOUR_MS = 3_600_000;

/** Tidies a service's database once an hour. Any number of replicas may do so. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('housekeeping');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    @Inject(HOUSEKEEPING) private readonly expired: readonly Expired[],
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tidy(), HOUR_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async tidy(): Promise<void> {
    try {
      for (const each of this.expired) await deleteInBatches(this.database, each);
    } catch (error) {
      this.logger.warn(`${this.database.service} is tidied later: ${(error as Error).message}`);
    }
  }
}
