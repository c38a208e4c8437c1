import { UserError } from '#database';
import { type DeadLetter, type DeadLetterFilter, EventRuntime, TRANSPORT } from '#events';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import type { Commands } from '../commands.js';
import { confirm, print, show, showOne } from '../output.js';
import { assertOneOrAll, dryRun, eventId, type Selection } from '../parameters.js';

const LIST_LIMIT = 1_000;

export const deadLetters: Commands = (program, withServices) => {
  const group = program.command('dead-letters').description('events that failed and are no longer retried');

  group
    .command('list')
    .description(`the latest ${LIST_LIMIT} of each service`)
    .option('--json', 'as JSON')
    .action(({ json = false }: { json?: boolean }) =>
      withServices(async (services) => {
        const all = await listAll(services);
        show(all.map(toRow), json, all);
      }),
    );

  group
    .command('show')
    .argument('<event>', 'id of the event', eventId)
    .description('shows all details of a dead letter')
    .option('--json', 'as JSON')
    .action((event: string, { json = false }: { json?: boolean }) =>
      withServices(async (services) => {
        const found = await lettersOfEvent(services, event, undefined);
        if (json) return show([], true, found);
        for (const { record, consumer, attempts, reason, diedAt } of found) {
          const { payload, raw, ...head } = record;
          showOne({ consumer, attempts, reason, died: diedAt, ...head }, false);
          print(raw ? `Original Kafka message, in base64: ${JSON.stringify(raw)}` : formatPayload(payload));
        }
      }),
    );

  group
    .command('replay')
    .argument('[event]', 'id of the event', eventId)
    .description('retries a dead letter: its consumer handles it again')
    .option('--consumer <name>', 'only dead letters of this consumer')
    .option('--all', 'all of them')
    .addOption(dryRun())
    .action((event: string | undefined, options: ManyOptions, command: Command) => {
      assertOneOrAll(event, options, command);
      return withServices(async (services) => {
        if (options.dryRun)
          return preview('retried', (await selectLetters(services, event, options)).filter(canBeReplayed), options);
        const count = await applyToSelected(services, event, options, (letter) =>
          operationsOf(services, letter).replay(letter),
        );
        print(`${count} will be retried, within about a second while the platform runs.`);
      });
    });

  group
    .command('discard')
    .argument('[event]', 'id of the event', eventId)
    .description('deletes a dead letter permanently')
    .option('--consumer <name>', 'only dead letters of this consumer')
    .option('--all', 'all of them')
    .option('--yes', 'do not ask for confirmation')
    .addOption(dryRun())
    .action((event: string | undefined, options: ManyOptions, command: Command) => {
      assertOneOrAll(event, options, command);
      return withServices(async (services) => {
        const selected = await selectLetters(services, event, options);
        if (options.dryRun) return preview('discarded', selected, options);
        if (selected.length === 0) return print('None.');
        await confirm(
          `Permanently discard ${options.all ? 'all' : selected.length}? These events will never be handled.`,
          options.yes ?? false,
        );
        const count = await applyToSelected(services, event, options, (letter) =>
          operationsOf(services, letter).discard(letter),
        );
        print(`${count} discarded.`);
      });
    });
};

interface ManyOptions extends Selection {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

function toRow({ record, consumer, attempts, diedAt, reason }: DeadLetter) {
  return { event: record.id, type: record.type, consumer, attempts, died: diedAt, reason };
}

/** A message that never was an event cannot be handled. */
function canBeReplayed({ consumer }: DeadLetter): boolean {
  return consumer !== TRANSPORT;
}

function preview(done: string, selected: readonly DeadLetter[], { all = false }: Selection): void {
  show(selected.map(toRow), false);
  const ofService = Map.groupBy(selected, ({ service }) => service);
  const isCut = all && [...ofService.values()].some(({ length }) => length >= LIST_LIMIT);
  print(`${isCut ? 'At least ' : ''}${selected.length} would be ${done}.`);
}

async function listAll(services: INestApplicationContext, filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
  const { all } = services.get(EventRuntime);
  return (await Promise.all(all.map(({ operations }) => operations.deadLetters(LIST_LIMIT, filter)))).flat();
}

/**
 * Applies `work` to every selected dead letter, in batches, but not to those that are added meanwhile. Returns the
 * number of calls that returned true.
 */
async function applyToSelected(
  services: INestApplicationContext,
  event: string | undefined,
  options: Selection,
  work: (letter: DeadLetter) => Promise<boolean>,
): Promise<number> {
  const begun = new Date();
  let count = 0;
  for (;;) {
    const selected = await selectLetters(services, event, options, begun);
    const before = count;
    for (const letter of selected) if (await work(letter)) count++;
    if (!options.all || count === before) return count;
  }
}

async function selectLetters(
  services: INestApplicationContext,
  event: string | undefined,
  { consumer }: Selection,
  before?: Date,
): Promise<DeadLetter[]> {
  if (event) return lettersOfEvent(services, event, consumer);
  return listAll(services, { ...(before ? { before } : {}), ...(consumer ? { consumer } : {}) });
}

async function lettersOfEvent(services: INestApplicationContext, event: string, consumer: string | undefined) {
  const { all } = services.get(EventRuntime);
  const found = (await Promise.all(all.map(({ operations }) => operations.deadLettersOf(event)))).flat();
  const selected = found.filter((letter) => consumer === undefined || letter.consumer === consumer);
  if (selected.length === 0) throw new UserError(`There is no dead letter of event ${event}.`);
  return selected;
}

function operationsOf(services: INestApplicationContext, { service }: DeadLetter) {
  const found = services.get(EventRuntime).all.find((each) => each.service === service);
  if (!found) throw new Error(`Service ${service} is not loaded.`);
  return found.operations;
}

/** The payload of a dead letter is not necessarily valid JSON. */
function formatPayload(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}
