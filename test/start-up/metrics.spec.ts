import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '#database';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { eventually } from '../support/eventually.js';
import { Client, type Person } from '../support/platform/client.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';

let folder: ReturnType<typeof temporaryDataFolder>;
let monolith: RunningProcess;
let api: Client;

beforeAll(async () => {
  folder = temporaryDataFolder();
  monolith = await startMonolith({ DATA_DIR: folder.path, TRACES_IN_MEMORY: '10' });
  api = new Client(monolith.url);
});

afterAll(async () => {
  await monolith.stop();
  await folder.remove();
});

/** The value of a series, such as `name{label="value"}`, with its labels in this order; undefined if there is none. */
async function valueOf(series: string): Promise<number | undefined> {
  const lines = (await api.get('/metrics')).text.split('\n');
  const found = lines.find((line) => line.startsWith(`${series} `));
  return found === undefined ? undefined : Number(found.slice(series.length + 1).split(' ')[0]);
}

const requests = (service: string, method: string, route: string, status: number) =>
  valueOf(
    `http_server_request_duration_seconds_count{service="${service}",http_request_method="${method}",` +
      `http_route="${route}",http_response_status_code="${status}"}`,
  );

describe('The metrics', () => {
  let person: Person;

  beforeAll(async () => {
    person = await api.person();
  });

  it('count requests by service, route and status', async () => {
    const counted = () => requests('posts', 'GET', '/v1/posts/:id', 404);
    const before = (await counted()) ?? 0;
    for (const id of ['no-such-post', 'nor-this-one']) await api.get(`/v1/posts/${id}`);
    expect(await counted()).toBe(before + 2);
    expect(await requests('auth', 'POST', '/v1/auth/register', 201)).toBe(1);
  });

  it('measure events on their way: batches, waits, effects', async () => {
    const { token } = person;
    const reply = await api.post('/v1/posts', { title: 'T', body: 'B', status: 'published' }, { token });
    expect(reply.status).toBe(201);
    await eventually('the publication has taken effect', async () =>
      valueOf('twofold_event_delay_seconds_count{consumer="notifications.fan-out"}'),
    );
    expect(await valueOf('twofold_outbox_wait_seconds_count{service="posts"}')).toBeGreaterThan(0);
    expect(await valueOf('twofold_relay_batch_events_count{service="auth"}')).toBeGreaterThan(0);
    for (const level of ['twofold_outbox_events', 'twofold_parked_events', 'twofold_dead_letters'])
      await eventually(`${level} is 0`, async () => (await valueOf(`${level}{service="posts"}`)) === 0);
    expect(await valueOf('twofold_fan_out_jobs{service="notifications"}')).toBe(0);
  });

  it('count reads of the cache, log-ins and refusals', async () => {
    const post = await api.post('/v1/posts', { title: 'C', body: 'B', status: 'published' }, { token: person.token });
    const path = `/v1/posts/${post.body.data.id}`;
    const hits = () => valueOf('twofold_cache_reads_total{service="posts",result="hit"}');
    await eventually('the second read is a hit', async () => {
      const before = (await hits()) ?? 0;
      await api.get(path);
      return ((await hits()) ?? 0) > before;
    });
    const wrong = { email: person.email, password: 'not the password' };
    expect((await api.post('/v1/auth/login', wrong)).status).toBe(401);
    expect(await valueOf('twofold_logins_total{result="wrong"}')).toBe(1);
  });

  it('count from 0, before the first event', async () => {
    for (const series of [
      'twofold_requests_shed_total{service="monolith"}',
      'twofold_rate_limited_total{limit="address"}',
      'twofold_rate_limited_total{limit="wrong-passwords"}',
      'twofold_cache_epochs_total{service="users"}',
      'twofold_handler_failures_total{consumer="notifications.fan-out"}',
      'twofold_inbox_duplicates_total{consumer="notifications.fan-out"}',
    ])
      expect([series, await valueOf(series)]).toEqual([series, 0]);
  });

  it('name the trace of a recent request', async () => {
    const id = (await api.get('/v1/posts?limit=3')).headers.get('x-trace-id');
    expect((await api.get('/metrics')).text).toContain(`# {trace_id="${id}"}`);
  });

  it('include the event loop and the pools', async () => {
    const { text } = await api.get('/metrics');
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'nodejs_gc_duration_seconds',
    ])
      expect(text).toContain(name);
    expect(await valueOf('twofold_db_connections{service="posts",state="idle"}')).toBeGreaterThanOrEqual(0);
    expect(await valueOf('twofold_db_waiting{service="posts"}')).toBe(0);
  });

  it('have as many series as the code has, whatever clients send', async () => {
    const series = async () =>
      (await api.get('/metrics')).text.split('\n').filter((line) => /^http_.*_count/.test(line)).length;
    await api.get('/nowhere');
    await api.get('/v1/posts/x');
    await api.get('/v1/posts/x?y=1');
    await api.send('PROPFIND', '/v1/posts');
    const before = await series();
    for (let n = 0; n < 30; n++) {
      const word = randomBytes(4).toString('hex');
      await api.get(`/${word}`);
      await api.get(`/v1/posts/${word}?${word}=1`, { headers: { 'x-forwarded-for': word, 'user-agent': word } });
    }
    await api.send('COPY', '/v1/posts');
    expect(await series()).toBe(before);
  });

  it('are in the format that Prometheus reads', async () => {
    const { headers, text } = await api.get('/metrics');
    expect(headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(text.trimEnd().endsWith('# EOF')).toBe(true);
  });

  it('are not shown to other machines', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
      const reply = await api.get('/metrics', { headers: { [name]: '192.0.2.1' } });
      expect([reply.status, reply.body.code]).toEqual([404, 'ROUTE_NOT_FOUND']);
    }
  });

  it('are on the operations port, if there is one, and not on the other', async () => {
    const port = await freePort();
    const other = temporaryDataFolder();
    const separate = await startMonolith({ DATA_DIR: other.path, OPS_PORT: String(port) });
    const reply = await new Client(`http://127.0.0.1:${port}`).get('/metrics', { headers: { via: 'a proxy' } });
    expect(reply.text).toContain('twofold_outbox_events');
    expect((await new Client(separate.url).get('/metrics')).status).toBe(404);
    await separate.stop();
    await other.remove();
  });
});
