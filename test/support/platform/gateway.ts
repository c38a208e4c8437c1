import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { runToEnd } from './monolith.js';
import type { Service } from '../infrastructure/parts.js';

/** Routes by service; the first match applies. The same as in deploy/Caddyfile. */
const routes: readonly [RegExp, Service][] = [
  [/^\/v1\/auth\/|^\/\.well-known\//, 'auth'],
  [/^\/v1\/users\/[^/]+\/posts$/, 'posts'],
  [/^\/v1\/users(\/|$)/, 'users'],
  [/^\/v1\/notifications(\/|$)/, 'notifications'],
];

/** The service that serves a path. Unknown paths go to posts, which answers with 404. */
export function serviceOf(path: string): Service {
  const [, service = 'posts'] = routes.find(([pattern]) => pattern.test(path.split('?')[0] ?? '')) ?? [];
  return service;
}

/** The files that the build of the gateway image adds to it. */
async function pages(): Promise<{ document: Buffer; page: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-pages-'));
  const { code, output } = await runToEnd({}, 'dist/apps/ops/src/main.js', ['describe', folder]);
  if (code !== 0) throw new Error(output);
  const [document, page] = ['openapi.json', 'docs/index.html'].map((path) => readFileSync(join(folder, path)));
  rmSync(folder, { recursive: true });
  return { document: document as Buffer, page: page as Buffer };
}

/** Serves several processes at one address, for tests whose processes run outside of containers. */
export class TestGateway {
  private constructor(private readonly server: Server) {}

  /** `upstreams` are base URLs by service. */
  static async start(upstreams: Readonly<Record<string, string>>): Promise<TestGateway> {
    const server = createServer((incoming, outgoing) => {
      const path = (incoming.url ?? '/').split('?')[0] ?? '/';
      if (path === '/openapi.json' || path === '/docs') {
        void pages().then(({ document, page }) => {
          const [type, body] = path === '/docs' ? ['text/html', page] : ['application/json', document];
          outgoing.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
        });
        return;
      }
      const { hostname, port } = new URL(upstreams[serviceOf(path)] ?? '');
      const { method, headers, url } = incoming;
      // No connection pool: an idle connection might be closed just when it is used.
      const onward = request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
        const { connection: _hop, ...fields } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, fields);
        answer.pipe(outgoing);
      });
      onward.on('error', () => {
        if (!outgoing.headersSent) outgoing.destroy();
      });
      // The request is read to its end first: an earlier response would leave the rest of it in the connection of the
      // client.
      void buffer(incoming).then(
        (body) => onward.end(body),
        () => onward.destroy(),
      );
    });
    // As that of Caddy. With the 5 s of Node, a client that was busy might use a connection just as it is closed.
    server.keepAliveTimeout = 75_000;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new TestGateway(server);
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close').catch(() => undefined);
  }
}
