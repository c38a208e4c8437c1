import { randomBytes } from 'node:crypto';
import { apply, kubectl } from './cluster.mjs';

const SERVICES = ['auth', 'users', 'posts', 'notifications'];
const random = () => randomBytes(24).toString('base64url');

/** Generates the secrets of a development platform, once: later runs keep them, since the database has their passwords. */
export async function ensureSecrets() {
  const existing = await kubectl('get', 'secrets', '-o', 'name');
  if (existing.includes('secret/operator')) return;
  const passwords = Object.fromEntries(SERVICES.map((service) => [service, random()]));
  const [postgres, redis, masterKey] = [random(), random(), randomBytes(32).toString('hex')];
  const urls = Object.fromEntries(
    SERVICES.map((service) => [
      urlOf(service),
      `postgresql://${service}:${passwords[service]}@postgres:5432/${service}`,
    ]),
  );
  const REDIS_URL = `redis://:${redis}@redis:6379`;
  const initial = SERVICES.map((service) => [`${service.toUpperCase()}_DATABASE_PASSWORD`, passwords[service]]);
  const secrets = {
    postgres: { POSTGRES_PASSWORD: postgres, ...Object.fromEntries(initial) },
    redis: { REDISCLI_AUTH: redis },
    ...Object.fromEntries(SERVICES.map((service) => [service, { [urlOf(service)]: urls[urlOf(service)], REDIS_URL }])),
    // For the jobs and the monolith. Last: it shows that all of them exist.
    operator: { ...urls, REDIS_URL, MASTER_KEY: masterKey },
  };
  secrets.auth.MASTER_KEY = masterKey;
  for (const [name, stringData] of Object.entries(secrets)) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
    await apply(JSON.stringify(secret));
  }
}

function urlOf(service) {
  return `${service.toUpperCase()}_DATABASE_URL`;
}
