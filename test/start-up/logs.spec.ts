import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { startTemporaryPostgres } from '../support/infrastructure/temporary-postgres.js';
import { eventually } from '../support/eventually.js';
import { Client, type Reply } from '../support/platform/client.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';

interface Line {
  readonly level: string;
  readonly context?: string;
  readonly traceId?: string;
  readonly msg: string;
}

const linesOf = (monolith: RunningProcess): Line[] =>
  monolith
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
const traceIdOf = ({ headers }: Reply) => headers.get('x-trace-id') ?? '';

describe('The level of the log', () => {
  const folder = temporaryDataFolder();
  let monolith: RunningProcess;
  let api: Client;

  beforeAll(async () => {
    monolith = await startMonolith({ DATA_DIR: folder.path });
    api = new Client(monolith.url);
  });

  afterAll(async () => {
    await monolith.stop();
    await folder.remove();
  });

  const isLogged = (reply: Reply) => linesOf(monolith).some(({ traceId }) => traceId === traceIdOf(reply));
  const setLevel = (level: string, headers: Record<string, string> = {}) =>
    api.send('PUT', '/log-level', { body: { level }, headers });

  it('can be changed while the process runs', async () => {
    expect((await api.get('/log-level')).body).toEqual({ data: { level: 'warn' } });
    const before = await api.get('/v1/posts');
    expect((await setLevel('info')).body).toEqual({ data: { level: 'info' } });
    const logged = await api.get('/v1/posts');
    await eventually('the second request is logged', () => Promise.resolve(isLogged(logged)));
    expect(isLogged(before)).toBe(false);
    await setLevel('debug');
    await api.get('/health/live');
    await eventually('the probe is logged', () =>
      Promise.resolve(
        linesOf(monolith).find(({ level, msg }) => level === 'debug' && msg.includes('/health/live 200')),
      ),
    );
    await setLevel('error');
    await setLevel('warn');
    const changes = linesOf(monolith).filter(({ context }) => context === 'log');
    expect(changes.map(({ level, msg }) => `${level} ${/from (\w+ to \w+)/.exec(msg)?.[1]}`)).toEqual([
      'warn warn to info',
      'warn info to debug',
      'warn debug to error',
      'warn error to warn',
    ]);
  });

  it('is changed by programs on the same machine only, and to levels that exist', async () => {
    const proxied = await setLevel('trace', { 'x-forwarded-for': '192.0.2.1' });
    expect([proxied.status, proxied.body.code]).toEqual([404, 'ROUTE_NOT_FOUND']);
    expect((await api.get('/log-level', { headers: { via: '1.1 proxy' } })).status).toBe(404);
    expect((await setLevel('trace', { origin: monolith.url })).status).toBe(404);
    expect((await setLevel('trace', { 'sec-fetch-site': 'same-origin' })).status).toBe(404);
    for (const wrong of ['loud', 'silent', 'fatal']) {
      const unknown = await setLevel(wrong);
      expect([wrong, unknown.status, unknown.body.errors?.[0]?.path]).toEqual([wrong, 400, '/level']);
    }
    expect((await api.get('/log-level')).body).toEqual({ data: { level: 'warn' } });
  });
});

describe('The log', () => {
  const own = temporaryDataFolder();
  /** What no line may hold. Each is sent where a client, a database or an operator may put it. */
  const planted = {
    email: 'planted.person@planted.example',
    password: 'planted-password-1',
    name: 'Plantedname',
    title: 'Plantedtitle',
    text: 'plantedtext',
    query: 'plantedquery',
    cookie: 'plantedcookie',
    key: 'plantedkey',
    database: 'planteddatabasepassword',
  };
  let monolith: RunningProcess;
  let api: Client;
  let client: pg.Client;
  let stopPostgres: () => Promise<void>;

  beforeAll(async () => {
    const postgres = await startTemporaryPostgres();
    client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const url = new URL(postgres.url);
    await client.query(`create role planted superuser login password '${planted.database}'`);
    Object.assign(url, { username: 'planted', password: planted.database });
    stopPostgres = async () => {
      await client.end();
      await postgres.stop();
    };
    const settings = { LOG_LEVEL: 'trace', RETRY_SCHEDULE: '0,0.05' };
    monolith = await startMonolith({ DATA_DIR: own.path, DATABASE_URL: url.href, ...settings });
    api = new Client(monolith.url);
  });

  afterAll(async () => {
    await monolith.stop();
    await stopPostgres();
    await own.remove();
  });

  /** Every insertion fails with an error that quotes what was to be inserted, as errors of drivers do. */
  const failInsertionsInto = (table: string) =>
    client.query(`create function fail_${table.replace('.', '_')}() returns trigger language plpgsql as $$ begin
        raise exception 'not today: ${planted.email} password=${planted.password} postgres://u:${planted.database}@host/x';
      end $$;
      create trigger fails before insert on ${table} for each row execute function fail_${table.replace('.', '_')}()`);

  it('has no secret and no personal data, whatever fails, and each line of a handler is in the trace of its event', async () => {
    const { email, password, name, title, text, query, cookie, key } = planted;
    const registration = { email, password, handle: 'planted_handle', displayName: name };
    const { accessToken: token, refreshToken } = (await api.post('/v1/auth/register', registration)).body.data;
    const reader = await api.person();
    await api.put('/v1/users/planted_handle/follow', { token: reader.token });
    await failInsertionsInto('notifications.notifications');

    const headers = { cookie: `session=${cookie}`, 'idempotency-key': key };
    const { handle } = (await api.get('/v1/users/me', { token: reader.token })).body.data;
    const post = { title, body: `${text} @${handle}`, status: 'published' };
    const publications = [
      await api.post('/v1/posts', post, { token, headers }),
      await api.post('/v1/posts', post, { token }),
    ];
    await failInsertionsInto('posts.posts');
    const failed = await api.post('/v1/posts', post, { token });
    expect([failed.status, failed.body.code]).toEqual([500, 'INTERNAL']);
    await api.post('/v1/auth/login', { email, password: `${password}!` });
    await api.post('/v1/auth/refresh', { refreshToken });
    await api.post('/v1/auth/refresh', { refreshToken: `${refreshToken.slice(0, -1)}!` });
    await api.send('POST', '/v1/auth/login', {
      raw: `{"password":"${password}"`,
      headers: { 'content-type': 'application/json' },
    });
    await api.get(`/v1/posts?q=${query}&access_token=${token}`, { token: `${token}!` });
    await api.get(`/v1/${query}/${query}`, { token });

    const failures = await eventually('both publications are dead letters', async () => {
      const { rows } = await client.query<{ id: string; traceparent: string }>(
        `select event_id as id, record->>'traceparent' as traceparent from notifications.dead_letters`,
      );
      const traces = rows.map(({ traceparent }) => traceparent.split('-')[1]);
      return publications.every((reply) => traces.includes(traceIdOf(reply))) && rows;
    });
    const lines = linesOf(monolith);
    for (const { id, traceparent } of failures) {
      const reports = lines.filter(({ msg }) => msg.includes(` failed on `) && msg.includes(id));
      expect(reports.length).toBeGreaterThan(0);
      for (const report of reports) expect(report.traceId).toBe(traceparent.split('-')[1]);
    }
    // The errors themselves were logged, so that the search below can find something.
    expect(lines.filter(({ level, msg }) => level === 'error' && msg.includes('not today')).length).toBeGreaterThan(1);
    const output = monolith.output();
    for (const [what, secret] of Object.entries({
      ...planted,
      token,
      refreshToken,
      signature: token.split('.')[2] ?? '?',
    }))
      expect([what, output.includes(secret)]).toEqual([what, false]);
  });
});

describe('Log lines for people', () => {
  const folder = temporaryDataFolder();

  it('are written if LOG_FORMAT is readable', async () => {
    const monolith = await startMonolith({ DATA_DIR: folder.path, LOG_LEVEL: 'info', LOG_FORMAT: 'readable' });
    const reply = await new Client(monolith.url).get('/v1/posts');
    await monolith.stop();
    await folder.remove();
    expect(monolith.output()).toMatch(
      new RegExp(
        String.raw`^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: http: GET /v1/posts 200 \d+ ms trace=${traceIdOf(reply)}$`,
        'm',
      ),
    );
  });
});
