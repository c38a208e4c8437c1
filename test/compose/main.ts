/**
 * Tests the platform that `docker compose up` starts, through its gateway: `npm run test:compose`. Prints a line per
 * check, and removes all containers and volumes at the end.
 */
import { serviceNames } from '#contracts';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { freePort } from '#database';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, tokenOf } from '../support/platform/client.js';
import { Checks } from '../support/checks.js';
import { eventually } from '../support/eventually.js';
import { Jaeger } from '../support/tracing/jaeger.js';
import { checkConcurrentPublications, storyChecks } from '../traces/check-stories.js';
import { Compose, docker } from './compose.js';
import { endWithoutFailure, load, writerKnownEverywhere } from '../support/load/load.js';
import { runTrouble } from '../game-day/run-trouble.js';
import { troubles } from '../game-day/troubles.js';
import { findPanels, findSeries, testAlerts } from './prometheus.js';
import { memoryOf, tableOf } from './memory.js';
import { sampleRequests } from './routes.js';

const PROJECT = 'twofold-test';
const MAX_MEMORY = 1.5 * 1_073_741_824;
/** For a start beside clients that use all processors. */
const START_TIMEOUT_MS = 60_000;

const port = await freePort();
const [jaegerPort, prometheusPort] = [await freePort(), await freePort()];
const settings = {
  GATEWAY_PORT: String(port),
  JAEGER_PORT: String(jaegerPort),
  PROMETHEUS_PORT: String(prometheusPort),
  RATE_LIMIT: 'off',
  LOG_LEVEL: 'warn',
};
const compose = new Compose(PROJECT, settings);
const observed = new Compose(PROJECT, settings, ['docker-compose.yml', 'compose.observability.yaml']);
const api = new Client(`http://127.0.0.1:${port}`);
const jaeger = new Jaeger(`http://127.0.0.1:${jaegerPort}`);
const checks = new Checks();

/** Accepts any certificate. */
async function statusOverTls(url: string): Promise<number | undefined> {
  const [answer] = (await once(get(url, { rejectUnauthorized: false }), 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void compose.end().finally(() => process.exit(1)));
}

try {
  await compose.do('build');
  await compose.do('up', '-d', '--wait');

  await checks.run('the guide exists as posts of demo authors', async () => {
    const total = await eventually('the demo is complete', async () => {
      const { body } = await api.get('/v1/posts?limit=100');
      const demo = await api.post('/v1/auth/login', { email: 'demo@example.com', password: 'twofold-demo' });
      return demo.status === 200 && body.meta.total;
    });
    return `${total} posts`;
  });

  await checks.run(
    'it is up again after a second command, and an ops command starts nothing that was stopped',
    async () => {
      await compose.do('up', '-d', '--wait');
      await compose.do('stop', 'notifications', 'jaeger');
      await compose.do('run', '--rm', '-T', 'ops', 'outbox', 'status');
      const running = (await compose.do('ps', '--services', '--status', 'running')).split('\n');
      assert.deepEqual(
        running.filter((each) => ['notifications', 'jaeger'].includes(each)),
        [],
      );
      await compose.do('up', '-d', '--wait');
    },
  );

  await checks.run('every route is served by the service that owns it', async () => {
    const document = (await api.get('/openapi.json')).body as never;
    const requests = sampleRequests(document);
    for (const { method, path, owner } of requests) {
      const reply = await api.send(method, path);
      assert.equal(reply.headers.get('x-served-by'), owner, `${method} ${path}`);
      assert.notEqual(reply.body.code, 'ROUTE_NOT_FOUND', `${method} ${path}`);
    }
    return `${requests.length} routes`;
  });

  await checks.run('every page and response has security and cache headers', async () => {
    for (const path of [
      '/',
      '/docs/',
      '/home.js',
      '/openapi.json',
      '/v1/posts',
      '/v1/nothing',
      '/.well-known/jwks.json',
    ]) {
      const { headers } = await api.get(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    }
    for (const path of ['/', '/docs/']) {
      const policy = (await api.get(path)).headers.get('content-security-policy') ?? '';
      assert.match(policy, /frame-ancestors 'none'/, path);
      assert.doesNotMatch(policy, /script-src[^;]*unsafe/, path);
    }
    assert.match((await api.get('/v1/posts')).headers.get('cache-control') ?? '', /no-cache/);
    return '7 addresses';
  });

  await checks.run('the gateway serves pages, but no health, metrics or configuration endpoints', async () => {
    for (const path of ['/', '/home.css', '/home.js', '/docs/', '/docs/swagger-ui-bundle.js', '/openapi.json'])
      assert.equal((await api.get(path)).status, 200, path);
    for (const path of ['/health/live', '/health/ready', '/metrics', '/log-level', '/config/', '/v1', '/nothing']) {
      const reply = await api.get(path);
      assert.deepEqual([reply.status, reply.body.code], [404, 'ROUTE_NOT_FOUND'], path);
    }
    const compressed = await fetch(`${api.url}/openapi.json`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(compressed.headers.get('content-encoding'), 'gzip');
  });

  await checks.run('a follower is notified of a post', async () => {
    const [author, reader] = [await api.personWithProfile('Author'), await api.person('Reader')];
    const followed = await api.put(`/v1/users/${author.id}/follow`, { token: reader.token });
    assert.equal(followed.status, 204);
    const headers = { 'consistency-token': tokenOf(followed) };
    const post = await api.post(
      '/v1/posts',
      { title: 'T', body: 'B', status: 'published' },
      { token: author.token, headers },
    );
    assert.equal(post.status, 201);
    await eventually('the reader is notified', async () => {
      const { body } = await api.get('/v1/notifications', { token: reader.token });
      return body.data.some((each) => each.type === 'post.published');
    });
  });

  for (const each of await storyChecks(api, jaeger, 'services')) await checks.run(each.name, each.check);

  await checks.run('50 publications at once have 50 traces', () => checkConcurrentPublications(api, jaeger, 50));

  await checks.run('each service has a database to which only it can connect', async () => {
    for (const role of serviceNames)
      for (const database of [...serviceNames, 'postgres']) {
        const psql = ['psql', '-h', '127.0.0.1', '-U', role, '-d', database, '-c', 'select 1'];
        const connected = compose.do('exec', '-T', '-e', `PGPASSWORD=${role}`, 'postgres', ...psql);
        if (role === database) await connected;
        else await assert.rejects(connected, /permission denied for database/, `${role} connected to ${database}`);
      }
    return `${serviceNames.length * serviceNames.length} connections tried`;
  });

  await checks.run('processes do not run as root, and their file system is read-only', async () => {
    for (const service of serviceNames) {
      assert.equal((await compose.do('exec', '-T', service, 'id', '-un')).trim(), 'node');
      await assert.rejects(compose.do('exec', '-T', service, 'touch', '/app/x'), /Read-only file system/);
    }
  });

  await checks.run('ops commands work', async () => {
    const lag = await compose.do('run', '--rm', '-T', 'ops', 'lag', '--json');
    const rows = JSON.parse(lag.slice(lag.indexOf('['))) as { behind: number }[];
    assert.ok(rows.length > 5);
    return `${rows.length} groups and topics`;
  });

  await checks.run('after a minute idle, all containers together use at most 1.5 GiB', async () => {
    await delay(60_000);
    const memory = await memoryOf(PROJECT);
    process.stdout.write(tableOf(memory));
    const total = [...memory.values()].reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(total <= MAX_MEMORY, `${total} bytes`);
    return `${(total / 1_073_741_824).toFixed(2)} GiB`;
  });

  await checks.run('each alert fires on its trouble, and on no other', testAlerts);

  await checks.run('Prometheus reads every process, and has each series that an alert compares', async () => {
    await observed.do('up', '-d', '--wait', '--no-recreate', 'prometheus');
    return findSeries(`http://127.0.0.1:${prometheusPort}`, api);
  });

  await checks.run('each panel of each dashboard has data', async () => {
    return findPanels(`http://127.0.0.1:${prometheusPort}`, api);
  });

  for (const name of ['handler-fails', 'service-down'])
    await checks.run(`game-day ${name}: the condition of its alert is met, and ends with the repair`, async () => {
      const [trouble, lines] = [troubles[name], [] as string[]];
      assert.ok(trouble);
      const stage = { compose: observed, api, prometheus: `http://127.0.0.1:${prometheusPort}` };
      await runTrouble(trouble, stage, (line) => lines.push(line));
      return lines.find((line) => line.startsWith('Condition'));
    });
  await observed.do('stop', 'prometheus');

  await checks.run('with three replicas of posts and two of notifications, connections suffice', async () => {
    await compose.do(
      'up',
      '-d',
      '--wait',
      '--no-recreate',
      '--scale',
      'posts=3',
      '--scale',
      'notifications=2',
      'gateway',
    );
    const query = async (sql: string) =>
      Number(await compose.do('exec', '-T', 'postgres', 'psql', '-U', 'postgres', '-tAc', sql));
    const most = await query(`select setting::int - 3 from pg_settings where name = 'max_connections'`);
    const processes = 3 + 2 + 1 + 1;
    // Connections for requests, for searches, and for health checks.
    const pool = 10 + 3 + 1;
    // An ops command that runs at the same time opens a pool for each service.
    assert.ok((processes + serviceNames.length) * pool <= most, `${processes} processes, at most ${most} connections`);
    return `${(processes + serviceNames.length) * pool} of ${most}, ${await query('select count(*) from pg_stat_activity')} open`;
  });

  await checks.run('no read fails while a replica is killed, stopped or started', async () => {
    const { body } = await api.get('/v1/posts?limit=1');
    const [post] = body.data as unknown as { id: string }[];
    const loading = load(`${api.url}/v1/posts/${post?.id}`);
    const replicas = await compose.replicasOf('posts');
    await loading.after(200);
    await docker('kill', replicas[0] as string);
    await loading.after(600);
    await docker('stop', replicas[1] as string);
    await loading.after(1_000);
    await docker('start', replicas[0] as string, replicas[1] as string);
    await loading.after(1_600);
    const { answers, failed, servedBy } = await loading.end();
    assert.deepEqual(failed, []);
    assert.deepEqual(servedBy, ['posts']);
    return `${answers} answers`;
  });
  await checks.run('the gateway serves HTTPS if it is configured to', async () => {
    const [securePort, image] = [await freePort(), process.env['TWOFOLD_GATEWAY_IMAGE'] ?? 'twofold-gateway:latest'];
    const address = ['-e', 'GATEWAY_ADDRESS=https://127.0.0.1:8080', '-p', `127.0.0.1:${securePort}:8080`];
    const id = (await docker('run', '-d', '--rm', ...address, image)).trim();
    try {
      const status = () => statusOverTls(`https://127.0.0.1:${securePort}/`).catch(() => undefined);
      assert.equal(await eventually('it answers', status), 200);
    } finally {
      await docker('stop', '-t', '0', id);
    }
  });

  await checks.run('no client decides that its trace is recorded', async () => {
    const none = new Compose(PROJECT, { ...settings, OTEL_TRACES_SAMPLER_ARG: '0' });
    await none.do('up', '-d', '--wait', '--no-deps', '--scale', 'posts=1', 'posts');
    const sampled = () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
    const [throughGateway, fromProxy] = [sampled(), sampled()];
    const reply = await api.get('/v1/posts', { headers: { traceparent: throughGateway } });
    assert.equal(reply.headers.get('x-trace-id'), throughGateway.slice(3, 35));
    // The gateway's network is trusted: what comes from there without passing the gateway is believed.
    const request = `await fetch('http://posts:3000/v1/posts', { headers: { traceparent: '${fromProxy}' } })`;
    await none.do('exec', '-T', 'users', 'node', '--input-type=module', '-e', request);
    const recorded = (traceparent: string) => jaeger.trace(traceparent.slice(3, 35));
    await eventually('the later one is in Jaeger', async () => (await recorded(fromProxy)).length > 0);
    assert.equal((await recorded(throughGateway)).length, 0);
  });

  await checks.run('the monolith runs in a container, with its own Postgres', async () => {
    const own = await freePort();
    const ports = { MONOLITH_PORT: String(own), JAEGER_PORT: String(await freePort()) };
    const monolith = new Compose(`${PROJECT}-monolith`, { ...ports, RATE_LIMIT: 'off' }, ['compose.monolith.yaml']);
    try {
      await monolith.do('up', '-d', '--wait');
      const there = new Client(`http://127.0.0.1:${own}`);
      await eventually('the demo is complete', async () => {
        const demo = { email: 'demo@example.com', password: 'twofold-demo' };
        return (await there.post('/v1/auth/login', demo)).status === 200;
      });
      assert.equal((await there.get('/v1/posts')).headers.get('x-served-by'), 'monolith');
    } finally {
      await monolith.end();
    }
  });

  await checks.run('no request fails during a rolling restart of two replicas each', async () => {
    const scale = serviceNames.flatMap((service) => ['--scale', `${service}=2`]);
    await compose.do('up', '-d', '--wait', '--no-recreate', ...scale, 'gateway');
    const writer = await writerKnownEverywhere(api);
    const headers = { authorization: `Bearer ${writer.token}`, 'content-type': 'application/json' };
    const write = (method: string, path: string, content: object) =>
      load(`${api.url}${path}`, { method, headers, body: JSON.stringify(content) }, 1);
    // One client each: with one replica of two left, more of them would only show that two processors are too few.
    const loads = [
      ...[`/v1/posts/${writer.post}`, '/v1/users', '/.well-known/jwks.json'].map((path) => load(api.url + path, {}, 1)),
      load(`${api.url}/v1/notifications`, { headers }, 1),
      write('POST', '/v1/posts', { title: 'T', body: 'B', status: 'published' }),
      write('PATCH', '/v1/users/me', { bio: 'Writes often.' }),
    ];
    for (const service of serviceNames)
      for (const replica of await compose.replicasOf(service)) {
        const restarted = Date.now();
        await docker('restart', replica);
        await eventually(
          'it is healthy',
          async () => (await docker('inspect', '-f', '{{.State.Health.Status}}', replica)).trim() === 'healthy',
          START_TIMEOUT_MS,
        );
        // The gateway looks once a second. Until it sends requests to this replica, the other one must not drain.
        await eventually('the gateway uses it', async () => {
          const { body } = await api.get(`/v1/${service}/status`);
          return Date.parse(body.data.startedAt) > restarted;
        });
      }
    const answers = await endWithoutFailure(loads);
    return `${answers} responses to readers and writers`;
  });
} finally {
  if (checks.failed > 0) process.stdout.write(await compose.do('logs', '--no-color', '--tail', '40').catch(String));
  await observed.end();
}
const exitCode = checks.summarize('compose');
// A check that has failed may have left clients behind, which would keep this process running.
process.exit(exitCode);
