import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Statement } from '#database';
import {
  armFailpoint,
  Delivery,
  type EventRecord,
  EventRuntime,
  type FailPoint,
  failpoint,
  Inbox,
  InProcessTransport,
  type NewEvent,
  Outbox,
  type OutboxRecord,
  Relay,
} from '#events';

/**
 * Four ways to build a delivery core wrongly, each put in the place of the right one in a test's process. The checker
 * must catch each of them.
 */
export const faults = {
  'remembers-last-id': rememberLastId,
  'inbox-off': switchInboxOff,
  'acknowledges-before-commit': acknowledgeBeforeCommit,
  'claims-rows-singly': claimRowsSingly,
};

export type FaultName = keyof typeof faults;

/** The service whose events the first and the third lose: without those of auth, no client could go on. */
const FAULTY = 'posts';

const databaseOf = (outbox: Outbox) => (outbox as unknown as { database: Database }).database;

/** Makes the moment between effect and acknowledgement long enough for kills from outside to fall into it. */
export function widenTheGap(): void {
  armFailpoint('relay.published', () => new Promise((done) => setTimeout(done, 10)));
}

const MOST_KILLS = Number(process.env['DELIVERY_KILLS'] ?? 0);
const KILL_AT_HIT = 3;

/** The file by which a process with a DELIVERY_MARK remembers that it has died of something, for the nth time from 0. */
export function markOf(folder: string, member: string, cause: string, nth: number): string {
  return join(folder, `killed-${member}-${cause}-${nth}`);
}

/**
 * Something that can happen so often in each life of the process; the next time kills it with -9, until it has died often
 * enough of this cause.
 */
function fatalAfterSome(cause: string): () => void {
  const [folder, member] = [process.env['DATA_DIR'] ?? '', process.env['DELIVERY_MARK'] ?? ''];
  const marks = Array.from({ length: MOST_KILLS }, (_, nth) => markOf(folder, member, cause, nth));
  const mark = marks.find((each) => !existsSync(each));
  let hits = 0;
  return () => {
    if (!mark || ++hits < KILL_AT_HIT) return;
    writeFileSync(mark, '');
    process.kill(process.pid, 'SIGKILL');
  };
}

/** The process dies at each of these places, as often as DELIVERY_KILLS says. */
export function dieNowAndThenAt(points: readonly FailPoint[]): void {
  points.forEach(dieAt);
}

/** A handler throws just before its commit, in this share of all deliveries and retries. */
export function failAtRandom(share: number): void {
  armFailpoint('consumer.before-commit', () => {
    if (Math.random() < share) throw new Error('The handler fails, as the test wants it.');
  });
}

const LOOK_FOR_HOLD_MS = 50;

/** Holds back what comes from a topic as long as there is a file of its name in DATA_DIR. */
export function holdTopics(): void {
  const right = Delivery.prototype.deliver;
  Delivery.prototype.deliver = async function (this: Delivery, records, source) {
    const topic = records[0]?.topic ?? 'none';
    const hold = join(process.env['DATA_DIR'] ?? '', `hold-${topic}`);
    while (existsSync(hold)) await new Promise((done) => setTimeout(done, LOOK_FOR_HOLD_MS));
    return right.call(this, records, source);
  };
}

function dieAt(point: FailPoint): void {
  armFailpoint(point, fatalAfterSome(point));
}

/**
 * A relay that asks for what lies above the last position it has seen. One transaction is held open until the relay
 * has passed its rows: they are lost for ever.
 */
function rememberLastId(): void {
  let passed = 0;
  const right = Outbox.prototype.oldest;
  Outbox.prototype.oldest = async function (this: Outbox, buckets, limit) {
    const rows = await right.call(this, buckets, limit);
    const database = databaseOf(this);
    if (database.service !== FAULTY) return rows;
    const [last] = await database.query<{ position: number }>('select position from probe.remembered');
    const above = rows.filter((row) => row.position > (last?.position ?? 0));
    passed = Math.max(passed, above.at(-1)?.position ?? 0);
    await database.query(
      `insert into probe.remembered as r values ($1, $2)
       on conflict (service) do update set position = greatest(r.position, excluded.position)`,
      [FAULTY, passed],
    );
    return above;
  };
  const append = Outbox.prototype.appendWith;
  let edits = 0;
  Outbox.prototype.appendWith = async function <Row extends object>(
    this: Outbox,
    change: Statement<Row>,
    ...events: NewEvent[]
  ): Promise<Row[]> {
    const added = (await append.call(this, change, ...events)) as Row[];
    if (events[0]?.contract.type === 'posts.post.updated.v1' && ++edits === 2) {
      const [row] = await databaseOf(this).query<{ position: number }>('select max(position) as position from outbox');
      await until(() => passed > (row?.position ?? 0));
    }
    return added;
  };
  dieAt('relay.published');
}

/** Every delivery counts as the first. The process dies between the effect and its acknowledgement. */
function switchInboxOff(): void {
  Inbox.prototype.receive = (deliveries) => Promise.resolve(deliveries.map(() => 'fresh' as const));
  dieAt('relay.published');
}

/** The outbox row goes first, the effect comes after. The process dies in between. */
function acknowledgeBeforeCommit(): void {
  if (process.env['KAFKA_BROKERS']) return acknowledgeOnArrival();
  const die = fatalAfterSome('acknowledged');
  const right = InProcessTransport.prototype.publish;
  const unacknowledged = new Map<number, EventRecord>();
  let services: EventRuntime | undefined;
  InProcessTransport.prototype.publish = function (this: InProcessTransport, records) {
    services = (this as unknown as { services: EventRuntime }).services;
    if (records.some((record) => !record.topic.startsWith(FAULTY))) return right.call(this, records);
    for (const record of records) unacknowledged.set(record.position, record);
    return Promise.resolve({ settled: records.map((record) => record.position), refused: [] });
  };
  const remove = Outbox.prototype.remove;
  Outbox.prototype.remove = async function (this: Outbox, positions) {
    await remove.call(this, positions);
    if (databaseOf(this).service !== FAULTY) return;
    const records = positions.flatMap((position) => unacknowledged.get(position) ?? []);
    armFailpoint('consumer.before-commit', die);
    for (const each of services?.all ?? []) await each.delivery.deliver(records);
    armFailpoint('consumer.before-commit', () => undefined);
  };
}

/** The same behind a broker: whatever has arrived counts as done, and is done a moment later, or never. */
function acknowledgeOnArrival(): void {
  const die = fatalAfterSome('acknowledged');
  const right = Delivery.prototype.deliver;
  Delivery.prototype.deliver = function (this: Delivery, records) {
    const mine = records.some((record) => record.topic.startsWith(FAULTY));
    if (!mine) return right.call(this, records);
    setTimeout(() => {
      die();
      void right.call(this, records);
    }, 200);
    return Promise.resolve(new Set(records.map((record) => record.id)));
  };
}

/** Only the hot post comes so far in so few writes, and another of its events is sure to follow. */
const HOT_SEQUENCE = 4;

/**
 * Each relay takes the next row that nobody has locked, so two of them hold neighbouring rows of one key. The first is
 * delayed until the second has been delivered. One at a time: two that wait for each other's successors would end in order.
 */
function claimRowsSingly(): void {
  const highest = new Map<string, number>();
  let delayed = 0;
  let delaying = false;
  const turn = async function (this: Relay): Promise<number> {
    const { database, transport, outbox } = this as unknown as {
      database: Database;
      transport: InProcessTransport;
      outbox: Outbox;
    };
    return database.transaction(async () => {
      const [row] = await database.query<OutboxRecord & { causation_id: string | null; time: Date | string }>(
        `select * from outbox order by position for update skip locked limit 1`,
      );
      if (!row) return 20;
      await failpoint('relay.claimed');
      const key = `${row.topic}/${row.key}`;
      const next = row.sequence + 1;
      if (row.sequence >= HOT_SEQUENCE && delayed < 2 && !delaying) {
        delayed++;
        delaying = true;
        await until(() => (highest.get(key) ?? 0) >= next);
        delaying = false;
      }
      const record = { ...row, time: new Date(row.time).toISOString(), causationId: row.causation_id };
      await transport.publish([record]);
      await outbox.remove([row.position]);
      highest.set(key, Math.max(row.sequence, highest.get(key) ?? 0));
      await failpoint('relay.published');
      return 0;
    });
  };
  Object.assign(Relay.prototype, { turn });
  dieAt('relay.published');
}

const LOOK_AGAIN_MS = 5;
const LONGEST_WAIT_MS = 3_000;

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  while (!condition() && performance.now() < deadline) await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
}
