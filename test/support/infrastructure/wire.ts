import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy to a server on this machine, which can cut, silence and restore its connections. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private silent = false;
  port = 0;

  constructor(private readonly target: number) {}

  async open(): Promise<void> {
    this.server = createServer((socket) => {
      const onward = connect(this.target, '127.0.0.1');
      for (const each of [socket, onward]) {
        this.sockets.add(each);
        each.on('error', () => undefined).on('close', () => this.sockets.delete(each));
      }
      if (!this.silent) socket.pipe(onward).pipe(socket);
    });
    const server = this.server;
    await new Promise<void>((done) => server.listen(this.port, '127.0.0.1', done));
    this.port = (server.address() as { port: number }).port;
  }

  /** Accepts connections, but forwards nothing. After `resume` only new connections work. */
  silence(): void {
    this.silent = true;
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  resume(): void {
    this.silent = false;
  }

  async cut(): Promise<void> {
    const closed = new Promise((done) => this.server?.close(done));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
