import { EventRuntime } from '#events';
import type { Commands } from '../commands.js';
import { show } from '../output.js';

export const outbox: Commands = (program, withServices) => {
  program
    .command('outbox')
    .description('events that are not delivered yet')
    .command('status')
    .description('number of waiting, parked and dead-lettered events per service')
    .option('--json', 'as JSON')
    .action(({ json = false }: { json?: boolean }) =>
      withServices(async (services) => {
        const { all } = services.get(EventRuntime);
        const states = await Promise.all(all.map(({ operations }) => operations.status()));
        const rows = states.map(({ oldest, deadLetters, ...state }) => ({
          ...state,
          'oldest (s)': oldest === null ? null : Math.round(oldest * 10) / 10,
          'dead letters': deadLetters,
        }));
        show(rows, json, states);
      }),
    );
};
