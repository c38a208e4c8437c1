import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#database';

/** What exists only because the services can run apart, and how many containers each topology takes. */
export interface Distribution {
  /** Lines that are not empty and no comment, by what they are for. */
  readonly lines: Readonly<Record<string, number>>;
  /** Names of the containers of each compose file. */
  readonly containers: Readonly<Record<'monolith' | 'services', readonly string[]>>;
  readonly images: Readonly<Record<'monolith' | 'services', number>>;
}

const EXISTS_FOR: Readonly<Record<string, readonly string[]>> = {
  'events over Kafka': ['libs/events/src/kafka/*.ts'],
  'a cache and limits that processes share (Redis)': ['libs/cache/src/redis/*.ts', 'libs/cache/src/broadcast.ts'],
  'keys of other processes, a choice of services': [
    'libs/runtime/src/auth/published-keys.ts',
    'libs/runtime/src/process/choose-services.ts',
    'apps/{auth,users,posts,notifications}/src/main.ts',
  ],
  'running them: gateway, Compose, Kubernetes': [
    'deploy/Caddyfile',
    'docker-compose.yml',
    'k8s/base/{auth,users,posts,notifications}.yaml',
    'k8s/components/{gateway,gateway-api,kafka,three-brokers,redis}/*.yaml',
    'k8s/overlays/{services,mixture}/*.yaml',
  ],
};
const FILES = { monolith: 'compose.monolith.yaml', services: 'docker-compose.yml' };

export function distribution(): Distribution {
  const count = (patterns: readonly string[]) =>
    globSync([...patterns], { cwd: packageRoot() })
      .filter((path) => !path.endsWith('.spec.ts'))
      .reduce((sum, path) => sum + linesOf(readFileSync(join(packageRoot(), path), 'utf8')), 0);
  const containers = {
    monolith: compose(FILES.monolith, '--services'),
    services: compose(FILES.services, '--services'),
  };
  return {
    lines: Object.fromEntries(Object.entries(EXISTS_FOR).map(([what, patterns]) => [what, count(patterns)])),
    containers,
    images: {
      monolith: new Set(compose(FILES.monolith, '--images')).size,
      services: new Set(compose(FILES.services, '--images')).size,
    },
  };
}

function linesOf(text: string): number {
  return text.split('\n').filter((line) => /\S/.test(line) && !/^\s*(\/\/|\/?\*|#)/.test(line)).length;
}

function compose(file: string, what: '--services' | '--images'): string[] {
  const output = execFileSync('docker', ['compose', '-f', join(packageRoot(), file), 'config', what], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output.trim().split('\n').toSorted();
}
