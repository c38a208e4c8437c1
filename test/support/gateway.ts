import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { runToEnd } from './monolith.js';
import type { Service } from './parts.js';

/** Which service answers what, in the order in which it is asked; deploy/Caddyfile says the same. */
const routes: readonly [RegExp, Service][] = [
  [/^\/v1\/auth\/|^\/\.well-known\//, 'auth'],
  [/^\/v1\/users\/[^/]+\/posts$/, 'posts'],
  [/^\/v1\/users(\/|$)/, 'users'],
  [/^\/v1\/notifications(\/|$)/, 'notifications'],
];

/** Who answers a path. What nobody knows is asked of posts, which says so. */
export function serviceOf(path: string): Service {
  const [, service = 'posts'] = routes.find(([pattern]) => pattern.test(path.split('?')[0] ?? '')) ?? [];
  return service;
}

/** What the gateway of the product is given when its image is built. */
async function pages(): Promise<{ document: Buffer; page: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-pages-'));
  const { code, output } = await runToEnd({}, 'dist/apps/ops/src/main.js', ['describe', folder]);
  if (code !== 0) throw new Error(output);
  const [document, page] = ['openapi.json', 'docs/index.html'].map((path) => readFileSync(join(folder, path)));
  rmSync(folder, { recursive: true });
  return { document: document as Buffer, page: page as Buffer };
}

/** Makes one address of several processes, for tests whose processes run outside of containers. */
export class TestGateway {
  private constructor(private readonly server: Server) {}

  /** `upstreams` are addresses by service. */
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
      // A connection that waits may be closed just when it is used.
      const onward = request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
        const { connection: _hop, ...fields } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, fields);
        answer.pipe(outgoing);
      });
      onward.on('error', () => {
        if (!outgoing.headersSent) outgoing.destroy();
      });
      // Read to its end first: an answer that comes before would leave the rest of the request in the client's connection.
      void buffer(incoming).then(
        (body) => onward.end(body),
        () => onward.destroy(),
      );
    });
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
