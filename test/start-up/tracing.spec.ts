import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { packageRoot } from '#database';
import { runOps } from '../support/platform/ops.js';
import { Client, type Reply } from '../support/platform/client.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { type Collector, startCollector } from '../support/tracing/collector.js';
import type { TraceSpan } from '#telemetry';

const INTERNAL = 1;
const SERVER = 2;
const CONSUMER = 5;

let collector: Collector;
let folder: ReturnType<typeof temporaryDataFolder>;

beforeAll(async () => {
  collector = await startCollector();
  folder = temporaryDataFolder();
});

afterAll(async () => {
  collector.close();
  await folder.remove();
});

const start = (settings: Record<string, string> = {}) =>
  startMonolith({ DATA_DIR: folder.path, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...settings });

const traceIdOf = ({ headers }: Reply) => headers.get('x-trace-id') ?? '';

/** The consumers that handle the publication of a post. */
const consumersOfAPublication = [
  'notifications.fan-out',
  'notifications.mentions',
  'notifications.posts',
  'posts.cache',
];

const processing = (spans: readonly TraceSpan[]) => spans.filter(({ kind }) => kind === CONSUMER);
const consumersIn = (spans: readonly TraceSpan[]) =>
  processing(spans)
    .map(({ attributes }) => String(attributes['messaging.consumer.group.name']))
    .toSorted();

describe('A publication', () => {
  const secrets = { email: 'planted@example.com', password: 'planted-password-1', title: 'Plantedtitle' };
  let monolith: RunningProcess;
  let api: Client;
  let token: string;

  beforeAll(async () => {
    monolith = await start();
    api = new Client(monolith.url);
    const { email, password } = secrets;
    const account = await api.post('/v1/auth/register', {
      email,
      password,
      handle: 'planted_handle',
      displayName: 'Plantedname',
    });
    token = account.body.data.accessToken;
  });

  afterAll(() => monolith.stop());

  const publish = () =>
    api.post('/v1/posts', { title: secrets.title, body: 'Plantedbody', status: 'published' }, { token });
  const isHandled = (spans: readonly TraceSpan[]) => consumersIn(spans).length >= consumersOfAPublication.length;
  const whole = (id: string) =>
    collector.trace(id, (spans) => isHandled(spans) && spans.some(({ name }) => name === 'relay'));

  it('is one trace, from the request to every effect', async () => {
    const spans = await whole(traceIdOf(await publish()));
    const request = spans.find(({ kind }) => kind === SERVER);
    expect(request).toMatchObject({
      service: 'posts',
      name: 'POST /v1/posts',
      parentId: '',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/posts',
        'url.path': '/v1/posts',
        'http.response.status_code': 201,
      },
    });
    expect(consumersIn(spans)).toEqual(consumersOfAPublication);
    // Not a child of anything else: of the span that has emitted the event.
    for (const each of processing(spans)) expect(each.parentId).toBe(request?.id);
    const names = (service: string, kind: number) =>
      new Set(spans.filter((span) => span.service === service && span.kind === kind).map(({ name }) => name));
    expect(names('posts', INTERNAL)).toEqual(new Set(['wait for own writes', 'wait in outbox', 'relay', 'deliver']));
    expect(names('notifications', INTERNAL)).toEqual(new Set(['deliver']));
    expect(names('posts', 3)).toContain('INSERT posts');
    expect(names('notifications', 3)).toContain('INSERT publications');
  });

  it('has no missing spans', async () => {
    const spans = await whole(traceIdOf(await publish()));
    const ids = new Set(spans.map(({ id }) => id));
    expect(spans.filter(({ parentId }) => parentId !== '' && !ids.has(parentId))).toEqual([]);
    expect(spans.filter(({ parentId }) => parentId === '')).toHaveLength(1);
  });

  it('links each handler to the batch that holds its transaction, and its wait to the relay', async () => {
    const spans = await whole(traceIdOf(await publish()));
    const byId = new Map(collector.spans.map((span) => [span.id, span]));
    const linked = (span: TraceSpan | undefined) => span?.links.map(({ spanId }) => byId.get(spanId)?.name);
    for (const each of processing(spans)) expect(linked(each)).toEqual(['deliver']);
    expect(linked(spans.find(({ name }) => name === 'wait in outbox'))).toEqual(['relay']);
  });

  it('has a trace of its own, however many there are at the same time', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, publish));
    const events = new Set<unknown>();
    for (const reply of replies) {
      const spans = processing(await collector.trace(traceIdOf(reply), isHandled));
      expect(consumersIn(spans)).toEqual(consumersOfAPublication);
      const own = new Set(spans.map(({ attributes }) => attributes['messaging.message.id']));
      expect(own.size).toBe(1);
      events.add([...own][0]);
    }
    expect(events.size).toBe(50);
  });

  it('leaves nothing personal and no values of statements in its trace', async () => {
    await api.get('/v1/posts?q=Plantedquery');
    const { email, password } = secrets;
    const login = await api.post('/v1/auth/login', { email, password });
    const taken = await api.post('/v1/auth/register', {
      email,
      password,
      handle: 'planted_handle',
      displayName: 'Other',
    });
    await api.get('/v1/users/planted_handle');
    await api.get('/planted-path');
    expect(taken.status).toBe(409);
    await whole(traceIdOf(await publish()));
    await collector.trace(traceIdOf(taken), (spans) => spans.length > 0);
    expect(collector.received).toContain('/v1/auth/login');
    expect(collector.received).toContain('insert into');
    for (const planted of ['planted', token, login.body.data.refreshToken])
      expect(collector.received.toLowerCase()).not.toContain(planted.toLowerCase());
  });

  it('is recorded with the code of its problem if it is refused', async () => {
    const refused = await api.post('/v1/posts', { title: '' }, { token });
    const [request] = await collector.trace(traceIdOf(refused), (spans) => spans.some(({ kind }) => kind === SERVER));
    expect(request).toMatchObject({
      failed: false,
      attributes: { 'twofold.problem.code': 'VALIDATION_FAILED', 'http.response.status_code': 400 },
    });
  });

  it('shows the reads of Prisma', async () => {
    const read = await api.get('/v1/notifications/preferences', { token });
    const spans = await collector.trace(traceIdOf(read), (found) => found.some(({ kind }) => kind === SERVER));
    expect(spans.map(({ name }) => name)).toContain('SELECT preferences');
  });

  it('makes traces of requests only: background work that found nothing leaves none', async () => {
    await api.get('/health/ready');
    const last = await api.get('/v1/posts');
    await collector.trace(traceIdOf(last), (spans) => spans.some(({ kind }) => kind === SERVER));
    const roots = collector.spans.filter(({ parentId }) => parentId === '');
    const background = roots.filter(({ kind, links }) => kind !== SERVER && links.length === 0);
    expect(background).toEqual([]);
    expect(roots.filter(({ name }) => name.includes('/health'))).toEqual([]);
  });
});

describe('The sampled flag of a client', () => {
  const traceparent = () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  const recordedOf = async (settings: Record<string, string>) => {
    const monolith = await start({ OTEL_TRACES_SAMPLER_ARG: '0', ...settings });
    const headers = { traceparent: traceparent() };
    const reply = await new Client(monolith.url).get('/v1/posts', { headers });
    expect(headers.traceparent).toContain(traceIdOf(reply));
    // It sends the last spans before it ends.
    await monolith.stop();
    return collector.spans.filter(({ traceId }) => traceId === traceIdOf(reply)).length;
  };

  it('forces nothing', async () => {
    expect(await recordedOf({})).toBe(0);
  });

  it('counts if a trusted proxy has passed it on', async () => {
    expect(await recordedOf({ TRUSTED_PROXIES: '127.0.0.0/8' })).toBeGreaterThan(0);
  });
});

describe('Without a receiver', () => {
  it('everything else works, and the log says so once', async () => {
    const monolith = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    const api = new Client(monolith.url);
    for (let time = 0; time < 20; time++) expect((await api.get('/v1/posts')).status).toBe(200);
    expect(await monolith.stop()).toBe(0);
    expect(monolith.output().match(/Traces cannot be sent/g)).toHaveLength(1);
  });

  it('a setting that is no URL is refused at the start, by name', async () => {
    await expect(start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'jaeger' })).rejects.toThrow('OTEL_EXPORTER_OTLP_ENDPOINT');
  });
});

describe('npm run trace', () => {
  it('shows the last request of a process in development, to programs on this machine only', async () => {
    const monolith = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: '', TRACES_IN_MEMORY: '10' });
    const api = new Client(monolith.url);
    const settings = { PORT: new URL(monolith.url).port };
    const id = traceIdOf(await api.get('/v1/posts?limit=7'));
    const shown = await runOps(settings, 'trace');
    expect(shown.output).toContain(`trace ${id}`);
    expect(shown.output).toMatch(/posts +GET \/v1\/posts 200 +█/);
    expect(shown.output).toMatch(/posts +SELECT posts +█/);
    expect((await runOps(settings, 'trace', id)).code).toBe(0);
    const unknown = await runOps(settings, 'trace', 'a'.repeat(32));
    expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('There is no trace aaaa') });
    const forwarded = await api.get('/traces/last', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(forwarded.body.code).toBe('ROUTE_NOT_FOUND');
    for (let n = 0; n < 10; n++) await api.get('/v1/posts');
    expect((await runOps(settings, 'trace', id)).output).toContain('There is no trace');
    await monolith.stop();
    expect((await runOps(settings, 'trace')).output).toContain('does not answer. Start the platform');
  });

  it.each([
    [{ APP_ENV: 'development' }, true],
    [{ OTEL_SDK_DISABLED: 'true' }, false],
    [{ TRACES_IN_MEMORY: '0' }, false],
    [{ APP_ENV: 'production' }, false],
    [{ APP_ENV: 'production', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
  ])('with %j, a process traces: %s', (settings, expected) => {
    const code = `import { isTracing } from '#telemetry'; process.stdout.write(String(isTracing())); process.exit();`;
    const parameters = ['--import', './dist/libs/telemetry/src/start.js', '--input-type=module', '-e', code];
    const { PATH = '' } = process.env;
    const none = { APP_ENV: '', OTEL_SDK_DISABLED: '', OTEL_EXPORTER_OTLP_ENDPOINT: '', TRACES_IN_MEMORY: '' };
    const env = { PATH, ...none, ...settings };
    const output = execFileSync(process.execPath, parameters, { cwd: packageRoot(), env });
    expect(output.toString()).toBe(String(expected));
  });

  it('a worker thread traces nothing: it has little time, and no requests', () => {
    const inWorker = `import('#telemetry').then(({ isTracing }) => process.stdout.write(String(isTracing())))`;
    const code = `new (require('node:worker_threads').Worker)(${JSON.stringify(inWorker)}, { eval: true })`;
    const parameters = ['--import', './dist/libs/telemetry/src/start.js', '-e', code];
    const output = execFileSync(process.execPath, parameters, {
      cwd: packageRoot(),
      env: { PATH: process.env['PATH'] },
    });
    expect(output.toString()).toBe('false');
  });
});
