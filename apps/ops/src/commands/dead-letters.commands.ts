import { UserError } from '#database';
import { type DeadLetter, EventRuntime } from '#events';
import type { INestApplicationContext } from '@nestjs/common';
import type { Commands } from '../commands.js';
import { confirm, say, show, showOne } from '../output.js';

const MOST = 1_000;

export const deadLetters: Commands = (program, visit) => {
  const group = program.command('dead-letters').description('events that nobody tries any longer');

  group
    .command('list')
    .description(`the latest ${MOST} of each service`)
    .option('--json', 'as JSON')
    .action(({ json = false }: { json?: boolean }) =>
      visit(async (services) => {
        const all = await listed(services);
        const rows = all.map(({ service: _service, record, ...rest }) => ({
          event: record.id,
          type: record.type,
          consumer: rest.consumer,
          attempts: rest.attempts,
          died: rest.diedAt,
          reason: rest.reason,
        }));
        show(rows, json, all);
      }),
    );

  group
    .command('show')
    .argument('<event>', 'id of the event')
    .description('everything that is known of one')
    .option('--json', 'as JSON')
    .action((event: string, { json = false }: { json?: boolean }) =>
      visit(async (services) => {
        const found = await named(services, event, undefined);
        if (json) return show([], true, found);
        for (const { record, consumer, attempts, reason, diedAt } of found) {
          const { payload, raw, ...head } = record;
          showOne({ consumer, attempts, reason, died: diedAt, ...head }, false);
          say(raw ? `As the broker held it, in base64: ${JSON.stringify(raw)}` : readable(payload));
        }
      }),
    );

  group
    .command('replay')
    .argument('[event]', 'id of the event')
    .description('gives one another life: its consumer tries it again')
    .option('--consumer <name>', 'only what this consumer gave up')
    .option('--all', 'all of them')
    .action((event: string | undefined, options: { consumer?: string; all?: boolean }) =>
      visit(async (services) => {
        const count = await workThrough(services, event, options, (letter) =>
          operationsOf(services, letter).replay(letter),
        );
        say(`${count} will be tried again, within a second or so of a running platform.`);
      }),
    );

  group
    .command('discard')
    .argument('[event]', 'id of the event')
    .description('removes one for good')
    .option('--consumer <name>', 'only what this consumer gave up')
    .option('--all', 'all of them')
    .option('--yes', 'do not ask')
    .action((event: string | undefined, options: { consumer?: string; all?: boolean; yes?: boolean }) =>
      visit(async (services) => {
        const chosen = await choose(services, event, options);
        if (chosen.length === 0) return say('None.');
        await confirm(
          `Discard ${options.all ? 'all' : chosen.length} for good? Their effects will never happen.`,
          options.yes ?? false,
        );
        const count = await workThrough(services, event, options, (letter) =>
          operationsOf(services, letter).discard(letter),
        );
        say(`${count} discarded.`);
      }),
    );
};

async function listed(services: INestApplicationContext, before?: Date): Promise<DeadLetter[]> {
  const { all } = services.get(EventRuntime);
  return (await Promise.all(all.map(({ operations }) => operations.deadLetters(MOST, before)))).flat();
}

/**
 * Works through what was chosen, however much it is, but not through what is given up anew meanwhile. Returns how many were
 * still there.
 */
async function workThrough(
  services: INestApplicationContext,
  event: string | undefined,
  options: { consumer?: string; all?: boolean },
  work: (letter: DeadLetter) => Promise<boolean>,
): Promise<number> {
  const begun = new Date();
  let count = 0;
  for (;;) {
    const chosen = await choose(services, event, options, begun);
    for (const letter of chosen) if (await work(letter)) count++;
    if (!options.all || chosen.length === 0) return count;
  }
}

async function choose(
  services: INestApplicationContext,
  event: string | undefined,
  { consumer, all = false }: { consumer?: string; all?: boolean },
  before?: Date,
): Promise<DeadLetter[]> {
  if (all === (event !== undefined)) throw new UserError('Name one event, or say --all.');
  if (event) return named(services, event, consumer);
  return (await listed(services, before)).filter((letter) => consumer === undefined || letter.consumer === consumer);
}

async function named(services: INestApplicationContext, event: string, consumer: string | undefined) {
  if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(event)) throw new UserError(`${event} is no id of an event.`);
  const { all } = services.get(EventRuntime);
  const found = (await Promise.all(all.map(({ operations }) => operations.deadLettersOf(event)))).flat();
  const chosen = found.filter((letter) => consumer === undefined || letter.consumer === consumer);
  if (chosen.length === 0) throw new UserError(`There is no dead letter of event ${event}.`);
  return chosen;
}

function operationsOf(services: INestApplicationContext, { service }: DeadLetter) {
  const found = services.get(EventRuntime).all.find((each) => each.service === service);
  if (!found) throw new Error(`${service} is not here.`);
  return found.operations;
}

/** What is given up may be no JSON at all. */
function readable(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}
