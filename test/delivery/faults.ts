import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Statement } from '#database';
import {
  armFailpoint,
  Broker,
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
 * Four faulty implementations of the delivery core. Each replaces the correct one in a process of the test, and the
 * checker must detect it.
 */
export const faults = {
  'remembers-last-id': rememberLastId,
  'inbox-off': switchInboxOff,
  'acknowledges-before-commit': acknowledgeBeforeCommit,
  'claims-rows-singly': claimRowsSingly,
};

export type FaultName = keyof typeof faults;

/**
 * The service whose events the first and the third fault lose. If events of auth were lost, no client could continue.
 */
const FAULTY = 'posts';

const databaseOf = (outbox: Outbox) => (outbox as unknown as { database: Database }).database;

/** Waits 10 ms between effect and acknowledgement, so that kills from outside can occur in between. */
export function delayAcknowledgements(): void {
  armFailpoint('relay.published', () => new Promise((done) => setTimeout(done, 10)));
}

const MAX_KILLS = Number(process.env['DELIVERY_KILLS'] ?? 0);
const KILL_AT_HIT = 3;

/**
 * The file that records that a process with this DELIVERY_MARK was killed by `cause`, for the nth time, counted from 0.
 */
export function killMarkPath(folder: string, member: string, cause: string, nth: number): string {
  return join(folder, `killed-${member}-${cause}-${nth}`);
}

/**
 * Returns a function whose call number `atHit` in a process kills this process with SIGKILL. It does nothing once the
 * member was killed DELIVERY_KILLS times by this cause.
 */
function killAfterHits(cause: string, atHit = KILL_AT_HIT): () => void {
  const [folder, member] = [process.env['DATA_DIR'] ?? '', process.env['DELIVERY_MARK'] ?? ''];
  const marks = Array.from({ length: MAX_KILLS }, (_, nth) => killMarkPath(folder, member, cause, nth));
  const mark = marks.find((each) => !existsSync(each));
  let hits = 0;
  return () => {
    if (!mark || ++hits < atHit) return;
    writeFileSync(mark, '');
    process.kill(process.pid, 'SIGKILL');
  };
}

/** Kills the process at each of these failpoints, DELIVERY_KILLS times each. */
export function dieAtEach(points: readonly FailPoint[]): void {
  points.forEach(dieAt);
}

/** Makes handlers throw just before their commit, in this share (0 to 1) of all deliveries and retries. */
export function failAtRandom(share: number): void {
  armFailpoint('consumer.before-commit', () => {
    if (Math.random() < share) throw new Error('Injected failure of the handler.');
  });
}

const HOLD_POLL_INTERVAL_MS = 50;
const COMMIT_POLL_INTERVAL_MS = 50;

/** Delays deliveries from a topic as long as the file `hold-<topic>` exists in DATA_DIR. */
export function holdTopics(): void {
  const original = Delivery.prototype.deliver;
  Delivery.prototype.deliver = async function (this: Delivery, records, source) {
    const topic = records[0]?.topic ?? 'none';
    const hold = join(process.env['DATA_DIR'] ?? '', `hold-${topic}`);
    while (existsSync(hold)) await new Promise((done) => setTimeout(done, HOLD_POLL_INTERVAL_MS));
    return original.call(this, records, source);
  };
}

function dieAt(point: FailPoint): void {
  armFailpoint(point, killAfterHits(point));
}

/**
 * A relay that reads only rows above the last position it has seen. One transaction is held open until the relay has
 * passed its rows, which are then never published.
 */
function rememberLastId(): void {
  let passed = 0;
  const original = Outbox.prototype.oldest;
  Outbox.prototype.oldest = async function (this: Outbox, buckets, limit) {
    const rows = await original.call(this, buckets, limit);
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

/** The inbox treats every delivery as the first. The process is killed between the effect and its acknowledgement. */
function switchInboxOff(): void {
  Inbox.prototype.receive = (deliveries) => Promise.resolve(deliveries.map(() => 'fresh' as const));
  dieAt('relay.published');
}

/** The outbox row is deleted before the effect. The process is killed in between. */
function acknowledgeBeforeCommit(): void {
  if (process.env['KAFKA_BROKERS']) return acknowledgeOnArrival();
  const die = killAfterHits('acknowledged');
  const original = InProcessTransport.prototype.publish;
  const unacknowledged = new Map<number, EventRecord>();
  let services: EventRuntime | undefined;
  InProcessTransport.prototype.publish = function (this: InProcessTransport, records) {
    services = (this as unknown as { services: EventRuntime }).services;
    if (records.some((record) => !record.topic.startsWith(FAULTY))) return original.call(this, records);
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

/**
 * The same with a broker: records are acknowledged on arrival, and handled once the group has committed their offsets.
 * The process is killed when the first ones could be handled.
 */
function acknowledgeOnArrival(): void {
  const die = killAfterHits('acknowledged', 1);
  const original = Delivery.prototype.deliver;
  Delivery.prototype.deliver = function (this: Delivery, records) {
    const mine = records.some((record) => record.topic.startsWith(FAULTY));
    if (!mine) return original.call(this, records);
    void whenCommitted(this, records).then(() => {
      die();
      return original.call(this, records);
    });
    return Promise.resolve(new Set(records.map((record) => record.id)));
  };
}

async function whenCommitted(delivery: Delivery, records: readonly EventRecord[]): Promise<void> {
  const { KAFKA_BROKERS = '', KAFKA_NAMESPACE: namespace = '' } = process.env;
  const { service } = (delivery as unknown as { database: Database }).database;
  const broker = await Broker.of({ brokers: KAFKA_BROKERS.split(','), namespace }, 'test');
  const groupId = broker.groupOf(service, delivery.consumerNames);
  const [topic = '', partition, offset] = records.at(-1)?.origin?.split(/[/@]/) ?? [];
  await broker.administrate(async (admin) => {
    for (;;) {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [broker.toTopic(topic)] });
      const found = committed?.partitions.find((each) => each.partition === Number(partition));
      if (Number(found?.offset) > Number(offset)) return;
      await new Promise((done) => setTimeout(done, COMMIT_POLL_INTERVAL_MS));
    }
  });
}

/** In so few writes only the hot post reaches this sequence, and more events of it are sure to follow. */
const HOT_SEQUENCE = 4;

/**
 * Each relay loop claims the next unlocked row, so two loops can hold consecutive rows of one key. The first one is
 * delayed until the second has been delivered. Only one row is delayed at a time: two that wait for their successors
 * would be published in order after all.
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

const POLL_INTERVAL_MS = 5;
const MAX_WAIT_MS = 3_000;

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + MAX_WAIT_MS;
  while (!condition() && performance.now() < deadline) await new Promise((done) => setTimeout(done, POLL_INTERVAL_MS));
}
