import type { INestApplicationContext } from '@nestjs/common';
import { Argument } from 'commander';
import type { Commands } from '../commands.js';
import { say } from '../output.js';

/** Emits the current state of the next aggregates after an id. */
export interface Republisher {
  next(after: string, limit: number): Promise<{ readonly count: number; readonly last: string | undefined }>;
}

const BATCH = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Only for aggregates whose state is in one event that notifies nobody. */
export function republishCommand(
  republishers: Readonly<Record<string, (services: INestApplicationContext) => Republisher>>,
): Commands {
  return (program, visit) => {
    program
      .command('republish')
      .addArgument(new Argument('<aggregate>').choices(Object.keys(republishers)))
      .description('emits the current state of all, to build or rebuild the projections of other services')
      .action((aggregate: string) =>
        visit(async (services) => {
          const republisher = republishers[aggregate]?.(services);
          let [total, after]: [number, string | undefined] = [0, FIRST];
          while (republisher && after !== undefined) {
            const { count, last }: Awaited<ReturnType<Republisher['next']>> = await republisher.next(after, BATCH);
            total += count;
            after = last;
          }
          say(`${total} events wait in the outbox; a running platform delivers them.`);
        }),
      );
  };
}
