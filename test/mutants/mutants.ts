/** A bug of one line, and the test that must detect it. */
export interface Mutant {
  readonly what: string;
  readonly file: string;
  /** Must occur in the file exactly once. */
  readonly right: string;
  readonly wrong: string;
  /** Pattern of the path of the spec file, for `--testPathPatterns` of Jest. */
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
    what: 'the result of COMMIT is not checked',
    file: database,
    right: "  if (command !== 'COMMIT') throw new TransactionRolledBack();\n",
    wrong: '  void command;\n',
    caughtBy: databaseSpec,
  },
  {
    what: 'a failed statement whose error was caught does not fail the unit of work',
    file: database,
    right: '(unit ? join(unit, run) : run())',
    wrong: 'run()',
    caughtBy: databaseSpec,
  },
  {
    what: 'a nested transaction that failed does not fail the unit of work',
    file: database,
    right: '    unit.failure ??= { error };\n    throw error;\n  }\n}',
    wrong: '    throw error;\n  }\n}',
    caughtBy: databaseSpec,
  },
  {
    what: 'a unit of work that has ended still runs statements',
    file: database,
    right: '    if (unit.ended) throw',
    wrong: '    if (unit.ended && unit.failure) throw',
    caughtBy: databaseSpec,
  },
  {
    what: 'an error of a full disk counts as an error of the statement',
    file: errors,
    right: "  '53', // disk full",
    wrong: "  'xx', // disk full",
    caughtBy: databaseSpec,
  },
  {
    what: 'an error of any connection counts as a transient database error',
    file: errors,
    right: '  if (transientErrors.has(error)) return true;\n',
    wrong: "  if (transientErrors.has(error) || 'code' in error) return true;\n",
    caughtBy: `(${databaseSpec}|${deliverySpec})`,
  },
  {
    what: 'the in-process transport needs some instead of every service to settle a record',
    file: 'libs/events/src/transport/in-process.transport.ts',
    right: 'settledBy.every(',
    wrong: 'settledBy.some(',
    caughtBy: 'libs/events/src/transport/in-process.transport.spec',
  },
  {
    what: 'the outbox commits asynchronously',
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
    what: 'the relay reads the newest rows instead of the oldest',
    file: outbox,
    right: 'order by position limit $2',
    wrong: 'order by position desc limit $2',
    caughtBy: relaySpec,
  },
  {
    what: 'a failed retry is recorded without a check of its claim',
    file: parked,
    right: '      if (mine.length === 0) return;\n',
    wrong: '',
    caughtBy: deliverySpec,
  },
  {
    what: 'an outdated claim is accepted',
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
    what: 'an attempt that ended with a lost connection remains counted',
    file: parked,
    right: 'update parked set attempts = attempts - 1, next_try = now()',
    wrong: 'update parked set next_try = now()',
    caughtBy: deliverySpec,
  },
  {
    what: 'the second parked event of a key is retried before the first',
    file: parked,
    right: '    and (o.sequence, o.event_id) < (p.sequence, p.event_id))',
    wrong: '    and false)',
    caughtBy: deliverySpec,
  },
  {
    what: 'later events of a key overtake a parked one',
    file: inbox,
    right: '    where $2 or not exists (',
    wrong: '    where true or not exists (',
    caughtBy: deliverySpec,
  },
  {
    what: 'a duplicate counts as new',
    file: inbox,
    right: 'do update set deliveries = i.deliveries + 1',
    wrong: 'do update set deliveries = 1',
    caughtBy: deliverySpec,
  },
  {
    what: 'the inbox is pruned after 14 hours',
    file: 'libs/events/src/pruning.ts',
    right: "{ table: 'inbox', where: `received_at < now() - interval '14 days'` }",
    wrong: "{ table: 'inbox', where: `received_at < now() - interval '14 hours'` }",
    caughtBy: 'libs/events/src/pruning.spec',
  },
  {
    what: 'an event that occurs twice in a batch splits it',
    file: delivery,
    right: '.flatMap(([first]) => first ?? []);',
    wrong: '.flatMap((all) => all);',
    caughtBy: deliverySpec,
  },
  {
    what: 'a transient error counts as an attempt',
    file: delivery,
    right: '            if (isTransient(error)) throw error;\n            this.report(item, error);',
    wrong: '            this.report(item, error);',
    caughtBy: deliverySpec,
  },
  {
    what: 'unhandled events are acknowledged',
    file: delivery,
    right: 'new Set(inboxed.slice(done).map(',
    wrong: 'new Set(inboxed.slice(inboxed.length).map(',
    caughtBy: deliverySpec,
  },
  {
    what: 'delivery marks are written for every batch',
    file: delivery,
    right: '      if (source !== undefined && fresh > 0) this.unmarkedSources.add(source);\n',
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
    what: 'an event that was handled alone when its process crashed is retried at once',
    file: delivery,
    right: '      if (left.get(id)?.alone) await this.parkAfterCrash(item);\n      else await',
    wrong: '      await',
    caughtBy: deliverySpec,
  },
  {
    what: 'a lease is used after it has expired',
    file: leases,
    right: 'performance.now() < this.validUntil ? this.buckets : []',
    wrong: 'this.buckets',
    caughtBy: relaySpec,
  },
  {
    what: 'a relay publishes although another release has more consumers',
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
    what: 'a release with more consumers starts before the leases of the others have expired',
    file: leases,
    right: '    if (await this.outdatesOthers().catch(() => false)) await delay(LEASE_MS);\n',
    wrong: '    void delay;\n',
    caughtBy: relaySpec,
  },
  {
    what: 'an event that the transport refuses is lost',
    file: relay,
    right: '        await this.deadLetters.addRefused(record, reason);\n',
    wrong: '        void reason;\n',
    caughtBy: relaySpec,
  },
  {
    what: 'a value that was loaded before an invalidation is stored after it',
    file: memory,
    right: '    if (this.entries.peek(key)?.version !== version) return Promise.resolve(false);\n',
    wrong: '',
    caughtBy: cacheSpec,
  },
  {
    what: 'uncommitted values are cached inside a unit of work',
    file: cache,
    right: 'isOff || this.database.inTransaction ||',
    wrong: 'isOff ||',
    caughtBy: cacheSpec,
  },
  {
    what: 'concurrent readers each load the value',
    file: cache,
    right: '    this.inFlight.set(key, started);\n',
    wrong: '',
    caughtBy: cacheSpec,
  },
  {
    what: 'a key with a NUL byte counts as text',
    file: message,
    right: "key !== undefined && !key.includes('\\0') &&",
    wrong: 'key !== undefined &&',
    caughtBy: poisonSpec,
  },
  {
    what: 'a timestamp out of range is accepted',
    file: message,
    right: 'new Date(inRange ? milliseconds : 0)',
    wrong: 'new Date(milliseconds)',
    caughtBy: poisonSpec,
  },
  {
    what: 'the event clock goes back with the system clock',
    file: 'libs/events/src/event-clock.ts',
    right: 'now >= this.latest ? now : this.latest + 1',
    wrong: 'now',
    caughtBy: 'libs/events/src/event-clock.spec',
  },
  {
    what: 'a fan-out does not advance after a full slice of followers',
    file: fanOut,
    right: '(select count(*) from slice) = ${size})',
    wrong: '(select count(*) from slice) > ${size})',
    caughtBy: fanOutSpec,
  },
  {
    what: 'a former follower is notified',
    file: fanOut,
    right: 'sql`f.since <= p.published_at and (f.until is null or p.published_at <= f.until)`',
    wrong: 'sql`f.since <= p.published_at`',
    caughtBy: fanOutSpec,
  },
];
