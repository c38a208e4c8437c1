import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { assertReachable, DatabaseServer, freePort } from '#database';
import { brokerOf, kafkaSettings } from '#events';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { z } from 'zod';
import { kafkaBroker } from '../support/infrastructure/kafka-broker.js';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';

const docker = promisify(execFile);
const PASSWORD = 'se:c/ret@1';

/** A certificate authority of this test, and a certificate of 127.0.0.1 that it has signed. */
function certificates() {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-certificates-'));
  const openssl = (...parameters: string[]) => execFileSync('openssl', parameters, { cwd: folder, stdio: 'ignore' });
  const name = ['-subj', '/CN=127.0.0.1'];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=Test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  openssl('req', '-newkey', 'rsa:2048', '-nodes', ...name, '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '1',
    '-extfile',
    'extensions',
    '-out',
    'server.crt',
  );
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return {
    folder,
    ca: join(folder, 'ca.crt'),
    files: (['ca.crt', 'server.crt', 'server.key'] as const).map((file) => {
      return { content: read(file), target: `/certificates/${file}`, mode: 0o644 };
    }),
    keystore: {
      content: read('server.key') + read('server.crt') + read('ca.crt'),
      target: '/certificates/keystore.pem',
      mode: 0o644,
    },
  };
}

describe('Over TLS and with a password', () => {
  const own = certificates();
  const started: StartedTestContainer[] = [];

  beforeAll(() => Logger.overrideLogger(false));

  afterAll(async () => {
    await Promise.all(started.map((each) => each.stop({ timeout: 0 })));
    rmSync(own.folder, { recursive: true });
  });

  const start = async (container: GenericContainer): Promise<StartedTestContainer> => {
    const running = await container.withStartupTimeout(120_000).start();
    started.push(running);
    return running;
  };

  it('connects to Kafka with SCRAM, and not with a wrong password or without its certificate authority', async () => {
    const port = await freePort();
    const kafka = await start(
      kafkaBroker([{ name: 'EXTERNAL', port, protocol: 'SASL_SSL' }], {
        KAFKA_LISTENER_NAME_EXTERNAL_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-512',
        KAFKA_LISTENER_NAME_EXTERNAL_SCRAM___SHA___512_SASL_JAAS_CONFIG:
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        KAFKA_LISTENER_NAME_EXTERNAL_SSL_KEYSTORE_TYPE: 'PEM',
        KAFKA_LISTENER_NAME_EXTERNAL_SSL_KEYSTORE_LOCATION: '/certificates/keystore.pem',
      })
        .withExposedPorts({ container: port, host: port })
        .withCopyContentToContainer([...own.files, own.keystore]),
    );
    const user = '--alter --entity-type users --entity-name twofold --add-config SCRAM-SHA-512=[password=right]';
    const configs = '/opt/kafka/bin/kafka-configs.sh --bootstrap-server localhost:9092';
    await docker('docker', ['exec', kafka.getId(), 'bash', '-c', `${configs} ${user}`]);
    const topicsWith = async (settings: Record<string, string>) => {
      const parsed = z.object(kafkaSettings).parse({ KAFKA_BROKERS: `127.0.0.1:${port}`, ...settings });
      const broker = await brokerOf(parsed, 'test');
      return broker?.administrate((admin) => admin.listTopics());
    };
    const right = {
      KAFKA_TLS: 'on',
      KAFKA_CA_FILE: own.ca,
      KAFKA_SASL: 'scram-sha-512',
      KAFKA_USERNAME: 'twofold',
      KAFKA_PASSWORD: 'right',
    };
    expect(await topicsWith(right)).toEqual(expect.any(Array));
    await expect(topicsWith({ ...right, KAFKA_PASSWORD: 'wrong' })).rejects.toThrow(/invalid credentials/);
    await expect(topicsWith({ ...right, KAFKA_CA_FILE: undefined as never })).rejects.toThrow(/certificate/);
    await expect(topicsWith({})).rejects.toThrow(/Kafka does not answer/);
    await expect(topicsWith({ ...right, KAFKA_CA_FILE: '/nowhere' })).rejects.toThrow(/^KAFKA_CA_FILE cannot be read/);
  });

  it('connects to Redis, and not without the password or its certificate authority', async () => {
    const port = await freePort();
    await start(
      new GenericContainer('redis:8')
        .withExposedPorts({ container: 6380, host: port })
        .withCopyContentToContainer(own.files)
        .withCommand([
          'redis-server',
          '--port',
          '0',
          '--tls-port',
          '6380',
          '--tls-auth-clients',
          'no',
          '--save',
          '',
          '--tls-cert-file',
          '/certificates/server.crt',
          '--tls-key-file',
          '/certificates/server.key',
          '--tls-ca-cert-file',
          '/certificates/ca.crt',
          '--requirepass',
          PASSWORD,
        ])
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/)),
    );
    const answers = async (url: string, ca?: string) => {
      const connection = await RedisConnection.to(url, 'secured.', ca);
      const { answers: does } = connection;
      connection.close();
      return does;
    };
    const url = `rediss://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`;
    expect(await answers(url, own.ca)).toBe(true);
    expect(await answers(url)).toBe(false);
    expect(await answers(`rediss://:wrong@127.0.0.1:${port}`, own.ca)).toBe(false);
    expect(await answers(`rediss://127.0.0.1:${port}`, own.ca)).toBe(false);
  });

  it('connects to Postgres, and not if its certificate cannot be verified', async () => {
    const port = await freePort();
    const install =
      'install -o postgres -g postgres -m 600 /certificates/server.key /certificates/server.crt -t /var/lib/postgresql';
    const settings = 'ssl=on ssl_cert_file=/var/lib/postgresql/server.crt ssl_key_file=/var/lib/postgresql/server.key';
    const options = settings.split(' ').map((setting) => `-c ${setting}`);
    await start(
      new GenericContainer('postgres:17')
        .withExposedPorts({ container: 5432, host: port })
        .withCopyContentToContainer(own.files)
        .withEnvironment({ POSTGRES_PASSWORD: 'right' })
        .withCommand(['bash', '-c', `${install} && exec docker-entrypoint.sh postgres ${options.join(' ')}`])
        .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2)),
    );
    const at = (parameters: string) => `postgresql://postgres:right@127.0.0.1:${port}/postgres?${parameters}`;
    const url = at(`sslmode=verify-full&sslrootcert=${encodeURIComponent(own.ca)}`);
    await assertReachable({ service: 'posts', url });
    const server = new DatabaseServer(() => url, 2);
    const [row] = await server.open('posts').query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    await server.close();
    expect(row).toEqual({ ssl: true });
    await expect(assertReachable({ service: 'posts', url: at('sslmode=verify-full') })).rejects.toThrow(
      /does not answer/,
    );
  });
});
