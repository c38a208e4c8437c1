import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Returns the bytes of the request with this number. */
export type RequestOf = (number: number) => Buffer;

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Sends requests over kept-alive connections, one at a time on each. It implements only as much HTTP as is needed: a
 * complete client would take CPU time from the measured servers. Throws at the first unexpected status.
 */
export class Load {
  private readonly sockets: Promise<Socket>[];

  constructor(url: string, concurrency: number) {
    const { hostname, port } = new URL(url);
    this.sockets = Array.from({ length: concurrency }, () => open(hostname, Number(port)));
  }

  async run(operations: number, requestOf: RequestOf, status: number): Promise<void> {
    let next = 0;
    const work = async (opened: Promise<Socket>) => {
      const socket = await opened;
      while (next < operations) {
        const answer = await exchange(socket, requestOf(next++));
        if (answer.status !== status) throw new Error(`Answered with ${answer.status}: ${answer.text}`);
      }
    };
    await Promise.all(this.sockets.map(work));
  }

  async close(): Promise<void> {
    for (const socket of await Promise.all(this.sockets)) socket.destroy();
  }
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange(socket: Socket, request: Buffer): Promise<Answer> {
  return new Promise((done, failed) => {
    let received: Buffer = Buffer.alloc(0);
    const settle = (action: () => void) => {
      socket.off('data', onData).off('close', onClose);
      action();
    };
    const onClose = () => settle(() => failed(new Error('The connection was closed.')));
    const onData = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = wholeAnswer(received);
      if (answer) settle(() => done(answer));
    };
    socket.on('data', onData).on('close', onClose);
    socket.write(request);
  });
}

function wholeAnswer(received: Buffer): Answer | undefined {
  const end = received.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = received.toString('latin1', 0, end);
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (received.length < end + HEAD_END.length + Number(length)) return undefined;
  return { status: Number(head.slice(9, 12)), text: received.toString('utf8', end + HEAD_END.length) };
}

/** The bytes of an HTTP request. */
export function requestBytes(method: string, path: string, token?: string, body?: unknown): Buffer {
  const content = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: bench',
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    ...(content ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`] : []),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${content}`);
}
