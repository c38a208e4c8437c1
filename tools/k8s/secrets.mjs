import { randomBytes } from 'node:crypto';
import { capture, feed } from './cluster.mjs';

const SERVICES = ['auth', 'users', 'posts', 'notifications'];
const random = () => randomBytes(24).toString('base64url');

/** Generates the secrets of a development platform, once: later runs keep them, since the database has their passwords. */
export async function ensureSecrets() {
  const existing = await capture('kubectl', 'get', 'secrets', '-n', 'twofold', '-o', 'name');
  if (existing.includes('secret/operator')) return;
  const passwords = Object.fromEntries(SERVICES.map((service) => [service, random()]));
  const [postgres, redis, masterKey] = [random(), random(), randomBytes(32).toString('hex')];
  const urls = Object.fromEntries(
    SERVICES.map((service) => [
      `${service.toUpperCase()}_DATABASE_URL`,
      `postgresql://${service}:${passwords[service]}@postgres:5432/${service}`,
    ]),
  );
  const REDIS_URL = `redis://:${redis}@redis:6379`;
  const initial = SERVICES.map((service) => [`${service.toUpperCase()}_DATABASE_PASSWORD`, passwords[service]]);
  const secrets = {
    postgres: { POSTGRES_PASSWORD: postgres, ...Object.fromEntries(initial) },
    redis: { REDISCLI_AUTH: redis },
    ...Object.fromEntries(SERVICES.map((service) => [service, { ...only(urls, service), REDIS_URL }])),
    // For the jobs and the monolith. Last: it shows that all of them exist.
    operator: { ...urls, REDIS_URL, MASTER_KEY: masterKey },
  };
  secrets.auth.MASTER_KEY = masterKey;
  for (const [name, stringData] of Object.entries(secrets)) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'twofold' }, stringData };
    await feed(JSON.stringify(secret), 'kubectl', 'apply', '-f', '-');
  }
}

function only(urls, service) {
  const name = `${service.toUpperCase()}_DATABASE_URL`;
  return { [name]: urls[name] };
}
