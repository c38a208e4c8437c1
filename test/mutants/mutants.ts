/** A bug of one line, and the test that must notice it. */
export interface Mutant {
  readonly what: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly right: string;
  readonly wrong: string;
  /** Of the spec file, as jest matches it. */
  readonly caughtBy: string;
}

const database = 'libs/database/src/database.ts';
const errors = 'libs/database/src/errors.ts';
const delivery = 'libs/events/src/consuming/delivery.ts';
const parked = 'libs/events/src/consuming/parked.ts';
const inbox = 'libs/events/src/consuming/inbox.ts';
const outbox = 'libs/events/src/outbox/outbox.ts';
const relay = 'libs/events/src/outbox/relay.ts';
const leases = 'libs/events/src/outbox/leases.ts';
const cache = 'libs/cache/src/cache.ts';
const memory = 'libs/cache/src/memory-cache.store.ts';
const message = 'libs/events/src/kafka/message.ts';
const fanOut = 'apps/notifications/src/fan-out/fan-out.repository.ts';

const databaseSpec = 'libs/database/src/database.spec';
const deliverySpec = 'libs/events/src/consuming/delivery.spec';
const relaySpec = 'libs/events/src/outbox/outbox-and-relay.spec';
const cacheSpec = 'libs/cache/src/cache.spec';
const poisonSpec = 'libs/events/src/kafka/(poison|message).spec';
const fanOutSpec = 'apps/notifications/src/fan-out/fan-out.spec';

export const mutants: readonly Mutant[] = [
  {
    what: 'hooks run before COMMIT',
    file: database,
    right: '      await commit(unit);\n',
    wrong: '      await Promise.all(afterCommit.splice(0).map((hook) => hook()));\n      await commit(unit);\n',
    caughtBy: databaseSpec,
  },
  {
    what: 'the answer to COMMIT is not looked at',
    file: database,
    right: "  if (command !== 'COMMIT') throw new TransactionRolledBack();\n",
    wrong: '  void command;\n',
    caughtBy: databaseSpec,
  },
  {
    what: 'a statement that failed and was caught is forgotten',
    file: database,
    right: '(unit ? join(unit, run) : run())',
    wrong: 'run()',
    caughtBy: databaseSpec,
  },
  {
    what: 'a joined part that failed does not take the unit with it',
    file: database,
    right: '    unit.failure ??= { error };\n    throw error;\n  }\n}',
    wrong: '    throw error;\n  }\n}',
    caughtBy: databaseSpec,
  },
  {
    what: 'a unit that has ended still gives its connection away',
    file: database,
    right: '    if (unit.ended) throw',
    wrong: '    if (unit.ended && unit.failure) throw',
    caughtBy: databaseSpec,
  },
  {
    what: 'what a full disk says counts as the fault of the statement',
    file: errors,
    right: "  '53', // disk full",
    wrong: "  'xx', // disk full",
    caughtBy: databaseSpec,
  },
  {
    what: 'an error of any connection counts as one of our own',
    file: errors,
    right: '  if (transientErrors.has(error)) return true;\n',
    wrong: "  if (transientErrors.has(error) || 'code' in error) return true;\n",
    caughtBy: `(${databaseSpec}|${deliverySpec})`,
  },
  {
    what: 'some instead of every in the transport in process',
    file: 'libs/events/src/transport/in-process.transport.ts',
    right: 'settledBy.every(',
    wrong: 'settledBy.some(',
    caughtBy: 'libs/events/src/transport/in-process.transport.spec',
  },
  {
    what: 'the outbox commits without waiting for the disk',
    file: outbox,
    right: '         where exists (select from change))',
    wrong: `         where exists (select from change where set_config('synchronous_commit', 'off', true) is not null))`,
    caughtBy: relaySpec,
  },
  {
    what: 'an event is added although its change touched nothing',
    file: outbox,
    right: '         where exists (select from change))',
    wrong: '         where true)',
    caughtBy: relaySpec,
  },
  {
    what: 'the oldest rows are the newest',
    file: outbox,
    right: 'order by position limit $2',
    wrong: 'order by position desc limit $2',
    caughtBy: relaySpec,
  },
  {
    what: 'failAgain has no guard',
    file: parked,
    right: '      if (mine.length === 0) return;\n',
    wrong: '',
    caughtBy: deliverySpec,
  },
  {
    what: 'a claim that is outdated is taken',
    file: parked,
    right:
      "'delete from parked where consumer = $1 and event_id = $2 and attempts = $3 returning 1',\n      [consumer, record.id, attempts],",
    wrong: "'delete from parked where consumer = $1 and event_id = $2 returning 1',\n      [consumer, record.id],",
    caughtBy: deliverySpec,
  },
  {
    what: 'a claim does not count the attempt',
    file: parked,
    right: 'update parked set attempts = attempts + 1,',
    wrong: 'update parked set attempts = attempts,',
    caughtBy: deliverySpec,
  },
  {
    what: 'an attempt that a lost connection ended stays counted',
    file: parked,
    right: 'update parked set attempts = attempts - 1, next_try = now()',
    wrong: 'update parked set next_try = now()',
    caughtBy: deliverySpec,
  },
  {
    what: 'the second of a key is tried before the first',
    file: parked,
    right: '    and (o.sequence, o.event_id) < (p.sequence, p.event_id))',
    wrong: '    and false)',
    caughtBy: deliverySpec,
  },
  {
    what: 'what is behind a parked event overtakes it',
    file: inbox,
    right: '    where $2 or not exists (',
    wrong: '    where true or not exists (',
    caughtBy: deliverySpec,
  },
  {
    what: 'a duplicate counts as fresh',
    file: inbox,
    right: 'do update set deliveries = i.deliveries + 1',
    wrong: 'do update set deliveries = 1',
    caughtBy: deliverySpec,
  },
  {
    what: 'an inbox forgets after 14 hours',
    file: 'libs/events/src/pruning.ts',
    right: "{ table: 'inbox', where: `received_at < now() - interval '14 days'` }",
    wrong: "{ table: 'inbox', where: `received_at < now() - interval '14 hours'` }",
    caughtBy: 'libs/events/src/pruning.spec',
  },
  {
    what: 'an event that comes twice in a batch breaks it apart',
    file: delivery,
    right: '.flatMap(([first]) => first ?? []);',
    wrong: '.flatMap((all) => all);',
    caughtBy: deliverySpec,
  },
  {
    what: 'a transient error is an attempt',
    file: delivery,
    right: '            if (isTransient(error)) throw error;\n            this.report(item, error);',
    wrong: '            this.report(item, error);',
    caughtBy: deliverySpec,
  },
  {
    what: 'what was left undone is acknowledged',
    file: delivery,
    right: 'new Set(inboxed.slice(done).map(',
    wrong: 'new Set(inboxed.slice(inboxed.length).map(',
    caughtBy: deliverySpec,
  },
  {
    what: 'marks are written for every batch',
    file: delivery,
    right: '      if (source !== undefined && fresh > 0) this.proven.add(source);\n',
    wrong: '',
    caughtBy: deliverySpec,
  },
  {
    what: 'a batch of duplicates proves a source',
    file: delivery,
    right: 'source !== undefined && fresh > 0',
    wrong: 'source !== undefined',
    caughtBy: deliverySpec,
  },
  {
    what: 'an event that was alone when its process ended is tried again at once',
    file: delivery,
    right: '      if (left.get(id)?.alone) await this.parkAfterCrash(item);\n      else await',
    wrong: '      await',
    caughtBy: deliverySpec,
  },
  {
    what: 'a lease is believed longer than it lasts',
    file: leases,
    right: 'performance.now() < this.validUntil ? this.buckets : []',
    wrong: 'this.buckets',
    caughtBy: relaySpec,
  },
  {
    what: 'a relay publishes what another release has more consumers for',
    file: leases,
    right: 'return `not ${b}.consumers <@ ${a}.consumers and',
    wrong: 'return `false and',
    caughtBy: relaySpec,
  },
  {
    what: 'two releases that each lack a consumer wait for each other',
    file: leases,
    right: ' and ${rank(b)} > ${rank(a)}`',
    wrong: '`',
    caughtBy: relaySpec,
  },
  {
    what: 'a release with more consumers starts before the others have let go',
    file: leases,
    right: '    if (await this.outdatesOthers().catch(() => false)) await delay(LEASE_MS);\n',
    wrong: '    void delay;\n',
    caughtBy: relaySpec,
  },
  {
    what: 'what a transport refuses is lost',
    file: relay,
    right: '        await this.deadLetters.addRefused(record, reason);\n',
    wrong: '        void reason;\n',
    caughtBy: relaySpec,
  },
  {
    what: 'a copy that was read before a change is kept after it',
    file: memory,
    right: '    if (this.entries.peek(key)?.version !== version) return Promise.resolve(false);\n',
    wrong: '',
    caughtBy: cacheSpec,
  },
  {
    what: 'inside a unit of work what nobody else may see is kept',
    file: cache,
    right: 'isOff || this.database.inTransaction ||',
    wrong: 'isOff ||',
    caughtBy: cacheSpec,
  },
  {
    what: 'readers of the same moment each read',
    file: cache,
    right: '    this.flights.set(flight, started);\n',
    wrong: '',
    caughtBy: cacheSpec,
  },
  {
    what: 'a key with a NUL byte is taken for text',
    file: message,
    right: "key !== undefined && !key.includes('\\0') &&",
    wrong: 'key !== undefined &&',
    caughtBy: poisonSpec,
  },
  {
    what: 'a timestamp out of range is believed',
    file: message,
    right: 'new Date(inRange ? milliseconds : 0)',
    wrong: 'new Date(milliseconds)',
    caughtBy: poisonSpec,
  },
  {
    what: 'the clock of events goes back with that of the machine',
    file: 'libs/events/src/event-clock.ts',
    right: 'now >= this.latest ? now : this.latest + 1',
    wrong: 'now',
    caughtBy: 'libs/events/src/event-clock.spec',
  },
  {
    what: 'a slice of followers begins where the last one ended, with its last',
    file: fanOut,
    right: '(select count(*) from slice) = $2)',
    wrong: '(select count(*) from slice) > $2)',
    caughtBy: fanOutSpec,
  },
  {
    what: 'who had stopped following is notified',
    file: fanOut,
    right: "'f.since <= p.published_at and (f.until is null or p.published_at <= f.until)'",
    wrong: "'f.since <= p.published_at'",
    caughtBy: fanOutSpec,
  },
];
