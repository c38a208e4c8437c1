import { Connection } from './connection.js';

/** What is sent next, and where to. */
export interface Planned {
  /** Base URL of its server. */
  readonly url: string;
  readonly bytes: Buffer;
  /** Its name in the result. */
  readonly operation: string;
}

/** What became of the requests of one operation. */
export interface Answers {
  /** Milliseconds from the scheduled time of sending to the whole answer, of answers with 2xx, ascending. */
  readonly latencies: readonly number[];
  /** Answers with 503. */
  readonly refused: number;
  /** Any other answer, or none. */
  readonly failed: number;
  /** What the failed ones were answered with; 0 is no answer. */
  readonly statuses: readonly number[];
  /** When each was due that was refused or failed, and when that was known, in milliseconds since the first one was due. */
  readonly troubles: readonly Trouble[];
}

export interface Trouble {
  readonly due: number;
  readonly known: number;
}

/** What became of requests that were sent at a fixed rate, whether or not earlier ones had been answered. */
export interface OpenLoopResult {
  readonly operations: Readonly<Record<string, Answers>>;
  /** From the first scheduled time to the last answer. */
  readonly seconds: number;
  /** Requests that were due and never sent. */
  readonly dropped: number;
  /** Milliseconds from the scheduled time to the sending, ascending: what the sender itself was late. */
  readonly lateness: readonly number[];
}

const TICK_MS = 2;
/** What has no answer by then has failed. */
const MAX_ANSWER_SECONDS = 15;

/**
 * Sends `rate` requests per second for `seconds`. Each has its scheduled time, so that a server that stalls does not slow the
 * sender down and hide its stall (coordinated omission). One request at a time per connection; as many connections as are
 * needed, kept open. `next` gives the request with a number, counted from 0.
 */
export async function openLoop(
  next: (number: number) => Planned,
  rate: number,
  seconds: number,
): Promise<OpenLoopResult> {
  const total = Math.round(rate * seconds);
  const connections = new Connections();
  const recorded = new Recorded();
  const lateness: number[] = [];
  const begun = performance.now();
  const done = Promise.withResolvers<void>();
  const send = (number: number) => {
    const scheduled = begun + (number * 1_000) / rate;
    const { url, bytes, operation } = next(number);
    lateness.push(performance.now() - scheduled);
    recorded.sent(operation);
    connections.send(url, bytes, (status) => {
      recorded.add(operation, status, { due: scheduled - begun, known: performance.now() - begun });
      if (recorded.answered === total) done.resolve();
    });
  };
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - begun) * rate) / 1_000) + 1);
    while (sent < due) send(sent++);
    if (sent === total) clearInterval(timer);
  }, TICK_MS);
  const timeout = setTimeout(() => done.resolve(), (seconds + MAX_ANSWER_SECONDS) * 1_000);
  await done.promise;
  clearInterval(timer);
  clearTimeout(timeout);
  const elapsed = (performance.now() - begun) / 1_000;
  const operations = recorded.operations();
  connections.close();
  return { operations, seconds: elapsed, dropped: total - sent, lateness: lateness.toSorted(byValue) };
}

/** What became of these operations together; of all, if none is named. */
export function answersOf({ operations }: OpenLoopResult, names = Object.keys(operations)): Answers {
  return together(names.flatMap((name) => operations[name] ?? []));
}

/** Refused or failed. */
export const errorsOf = ({ refused, failed }: Answers) => refused + failed;

/** The part that was refused or failed, from 0 to 1. */
export function failedShare(answers: Answers): number {
  const errors = errorsOf(answers);
  return errors === 0 ? 0 : errors / (errors + answers.latencies.length);
}

/** Several results as one. */
function together(answers: readonly Answers[]): Answers {
  const sum = (of: 'refused' | 'failed') => answers.reduce((total, each) => total + each[of], 0);
  return {
    latencies: answers.flatMap(({ latencies }) => latencies).toSorted(byValue),
    refused: sum('refused'),
    failed: sum('failed'),
    statuses: [...new Set(answers.flatMap(({ statuses }) => statuses))],
    troubles: answers.flatMap(({ troubles }) => troubles),
  };
}

const byValue = (one: number, other: number) => one - other;

/** Idle connections by server. */
class Connections {
  private readonly idle = new Map<string, Connection[]>();
  private readonly all: Connection[] = [];

  send(url: string, bytes: Buffer, answered: (status: number) => void): void {
    const idle = this.idle.get(url) ?? [];
    this.idle.set(url, idle);
    let connection = idle.pop();
    while (connection?.ended) connection = idle.pop();
    const used = connection ?? this.open(url);
    used.send(bytes, (status) => {
      answered(status);
      if (!used.ended) idle.push(used);
    });
  }

  close(): void {
    for (const each of this.all) each.close();
  }

  private open(url: string): Connection {
    const { hostname, port } = new URL(url);
    const opened = new Connection(hostname, Number(port));
    this.all.push(opened);
    return opened;
  }
}

interface OfOperation {
  sent: number;
  readonly latencies: number[];
  refused: number;
  readonly failed: number[];
  readonly troubles: Trouble[];
}

class Recorded {
  private readonly records = new Map<string, OfOperation>();
  answered = 0;

  sent(operation: string): void {
    this.of(operation).sent++;
  }

  add(operation: string, status: number, times: Trouble): void {
    this.answered++;
    const record = this.of(operation);
    if (status >= 200 && status < 300) {
      record.latencies.push(times.known - times.due);
      return;
    }
    record.troubles.push(times);
    if (status === 503) record.refused++;
    else record.failed.push(status);
  }

  /** What has no answer by now has failed. */
  operations(): Readonly<Record<string, Answers>> {
    const all = [...this.records].map(([name, { sent, latencies, refused, failed, troubles }]) => {
      const unanswered = sent - latencies.length - refused - failed.length;
      const statuses = [...new Set([...failed, ...(unanswered > 0 ? [0] : [])])];
      return [
        name,
        { latencies: latencies.toSorted(byValue), refused, failed: failed.length + unanswered, statuses, troubles },
      ] as const;
    });
    return Object.fromEntries(all);
  }

  private of(operation: string): OfOperation {
    const known = this.records.get(operation) ?? { sent: 0, latencies: [], refused: 0, failed: [], troubles: [] };
    this.records.set(operation, known);
    return known;
  }
}
