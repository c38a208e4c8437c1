import { connect, type Socket } from 'node:net';

/** What became of requests that were sent at a fixed rate, whether or not earlier ones had been answered. */
export interface OpenLoopResult {
  /** Answers with 200 per second. */
  readonly goodput: number;
  readonly refused: number;
  /** Neither 200 nor 503, or no answer. */
  readonly failed: number;
  /** Milliseconds from the scheduled time of sending to the whole answer, of answers with 200, ascending. */
  readonly latencies: readonly number[];
}

const TICK_MS = 2;
/** What has no answer by then has failed. */
const MAX_ANSWER_SECONDS = 15;

/**
 * Sends `rate` requests per second for `seconds`. Each has its scheduled time, so that a server that stalls does not slow the
 * sender down and hide its stall (coordinated omission). One request at a time per connection; as many connections as are
 * needed, kept open. Implements only as much HTTP as is needed: a whole client would take CPU time from the server.
 */
export async function openLoop(url: string, rate: number, seconds: number): Promise<OpenLoopResult> {
  const { host, hostname, port, pathname, search } = new URL(url);
  const request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const latencies: number[] = [];
  let [refused, failed, answered, sent] = [0, 0, 0, 0];
  const total = rate * seconds;
  const begun = performance.now();
  const done = Promise.withResolvers<void>();
  const settle = (status: number, scheduled: number) => {
    if (status === 200) latencies.push(performance.now() - scheduled);
    else if (status === 503) refused++;
    else failed++;
    if (++answered === total) done.resolve();
  };
  const send = (scheduled: number) => {
    let connection = idle.pop();
    while (connection?.ended) connection = idle.pop();
    if (!connection) all.push((connection = new Connection(hostname, Number(port))));
    connection.send(request, (status) => {
      settle(status, scheduled);
      if (!connection.ended) idle.push(connection);
    });
  };
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - begun) * rate) / 1_000));
    while (sent < due) send(begun + (++sent * 1_000) / rate);
    if (sent === total) clearInterval(timer);
  }, TICK_MS);
  const timeout = setTimeout(() => done.resolve(), (seconds + MAX_ANSWER_SECONDS) * 1_000);
  await done.promise;
  clearTimeout(timeout);
  failed += total - answered;
  const elapsed = (performance.now() - begun) / 1_000;
  for (const each of all) each.close();
  return { goodput: latencies.length / elapsed, refused, failed, latencies: latencies.toSorted((a, b) => a - b) };
}

/** For all connections: what was read is handled before anything else is read. */
const buffer = Buffer.alloc(65_536);

/** One kept-alive connection. Calls back with the status; with 0 if the connection ends before the answer. */
class Connection {
  private readonly socket: Socket;
  private callback: ((status: number) => void) | undefined;
  private status = 0;
  private missing = -1;
  /** The server may close it after any answer. */
  ended = false;

  constructor(host: string, port: number) {
    // A 'data' event per read would cost a quarter more CPU time, which this process takes from the server.
    const callback = (length: number) => {
      this.receive(buffer.subarray(0, length));
      return true;
    };
    this.socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.ended = true;
      this.settle(0);
    });
  }

  send(request: Buffer, callback: (status: number) => void): void {
    this.callback = callback;
    this.socket.write(request);
  }

  close(): void {
    this.socket.destroy();
  }

  /** The head of an answer is never split here: it is small, and written at once. */
  private receive(chunk: Buffer): void {
    let body = chunk.length;
    if (this.missing < 0) {
      const end = chunk.indexOf('\r\n\r\n');
      const head = chunk.toString('latin1', 0, end);
      this.status = Number(head.slice(9, 12));
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      this.missing = length;
      body = chunk.length - (end + 4);
    }
    this.missing -= body;
    if (this.missing > 0) return;
    this.missing = -1;
    this.settle(this.status);
  }

  private settle(status: number): void {
    const { callback } = this;
    this.callback = undefined;
    callback?.(status);
  }
}
