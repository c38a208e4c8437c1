import { connect, type Socket } from 'node:net';

/** For all connections: what was read is handled before anything else is read. */
const buffer = Buffer.alloc(65_536);

/**
 * One kept-alive connection that carries one request at a time. Implements only as much HTTP as is needed: a whole client
 * would take CPU time from the server.
 */
export class Connection {
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

  /** Calls back with the status of the answer; with 0 if the connection ends before it. */
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
