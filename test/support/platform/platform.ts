import { randomBytes } from 'node:crypto';
import { findEmbeddedPostgres, freePort } from '#database';
import { temporaryDataFolder } from '../infrastructure/data-folder.js';
import { eventually } from '../eventually.js';
import { TestGateway } from './gateway.js';
import { type RunningProcess, startMonolith } from './monolith.js';
import { type OwnParts, ownParts, partsOfThisRun, type Service, services, forAll } from '../infrastructure/parts.js';

/** A running platform in any topology. */
export interface Platform {
  readonly url: string;
  /** Base URLs of the health endpoints of its processes, by name of the process. */
  readonly operations: Readonly<Record<string, string>>;
  readonly processes: readonly PlatformProcess[];
  /** The settings with which the ops command line reaches it. */
  readonly operator: Record<string, string>;
  /** Database URLs by service; several services may share one. */
  readonly databases: Readonly<Record<Service, string>>;
  /** The output of its processes so far. */
  output(): string;
  /** Starts a process again that was killed, at the same address. */
  restart(name: string): Promise<void>;
  /** Throws if a process ended with anything but 0. */
  stop(): Promise<void>;
}

export interface PlatformProcess extends RunningProcess {
  readonly name: string;
  readonly services: readonly Service[];
}

export const topologies = ['monolith', 'services', 'mixture'] as const;
export type Topology = (typeof topologies)[number];

export function topologyOfThisRun(): Topology {
  return (process.env['TOPOLOGY'] as Topology | undefined) ?? 'monolith';
}

interface PlatformOptions {
  /** An entry point that can run every service, instead of those of the product. */
  readonly entry?: string;
  /** The topology, instead of that in TOPOLOGY. */
  readonly topology?: Topology;
  /** Databases, topics and namespaces that exist already, instead of new ones. */
  readonly own?: OwnParts;
}

/**
 * Starts a platform from the build, in the topology of the setting TOPOLOGY, on the containers of the test run if there
 * are any.
 */
export async function startPlatform(
  settings: Record<string, string> = {},
  { entry, topology = topologyOfThisRun(), own: given }: PlatformOptions = {},
): Promise<Platform> {
  const parts = partsOfThisRun();
  const own = given ?? (parts && (await ownParts(parts)));
  if (!own) return startAlone(settings, entry);
  if (topology === 'monolith') return startAlone({ ...settings, ...databasesOnly(own) }, entry, own);
  return startTogether(membersOf(topology, entry), { ...own.settings, ...settings }, own);
}

async function startAlone(settings: Record<string, string>, entry?: string, own?: OwnParts): Promise<Platform> {
  const folder = temporaryDataFolder();
  const { DATA_DIR = folder.path } = settings;
  const monolith = await Restartable.start('monolith', services, { DATA_DIR, ...settings }, entry);
  await isReady('monolith', monolith.url);
  const embedded = own ? '' : ((await findEmbeddedPostgres(DATA_DIR)) ?? '');
  return {
    url: monolith.url,
    operations: { monolith: monolith.url },
    get processes() {
      return [monolith.shown];
    },
    operator: { DATA_DIR, ...(own ? databasesOnly(own) : {}) },
    databases: own?.databases ?? forAll(embedded),
    output: () => monolith.output(),
    restart: async () => {
      await monolith.restart();
      await isReady('monolith', monolith.url);
    },
    stop: async () => {
      await stopAll([monolith]);
      await folder.remove();
    },
  };
}

/** One process of a platform, and the services that it runs. */
interface Member {
  readonly entry: string;
  readonly services: readonly Service[];
  readonly name: string;
}

function membersOf(topology: Topology, entry?: string): Member[] {
  const alone = (service: Service): Member => ({
    entry: entry ?? `dist/apps/${service}/src/main.js`,
    services: [service],
    name: service,
  });
  if (topology === 'services') return services.map(alone);
  const rest = { entry: entry ?? 'dist/apps/monolith/src/main.js', services: services.slice(0, 3), name: 'monolith' };
  return [rest, alone('notifications')];
}

async function startTogether(
  members: readonly Member[],
  settings: Record<string, string>,
  own: OwnParts,
): Promise<Platform> {
  const authPort = String(await freePort());
  const shared = { MASTER_KEY: randomBytes(32).toString('hex'), DATA_DIR: '/nonexistent', ...settings };
  const started = await Promise.all(
    members.map(async ({ entry, services: names, name }) => {
      const operations = await freePort();
      const process = await Restartable.start(
        name,
        names,
        {
          ...shared,
          SERVICES: names.join(),
          PORT: names.includes('auth') ? authPort : '0',
          OPS_PORT: String(operations),
          AUTH_JWKS_URL: `http://127.0.0.1:${authPort}/.well-known/jwks.json`,
        },
        entry,
      );
      return { name, services: names, process, operations: `http://127.0.0.1:${operations}` };
    }),
  );
  for (const { name, operations } of started) {
    await eventually(`${name} has started`, async () => (await fetch(`${operations}/health/startup`)).ok);
    await isReady(name, operations);
  }
  const gateway = await TestGateway.start(
    Object.fromEntries(started.flatMap((each) => each.services.map((service) => [service, each.process.url]))),
  );
  return {
    url: gateway.url,
    operations: Object.fromEntries(started.map(({ name, operations }) => [name, operations])),
    get processes() {
      return started.map(({ process }) => process.shown);
    },
    operator: { ...shared },
    databases: own.databases,
    output: () => started.map(({ process }) => process.output()).join(''),
    restart: async (name) => {
      const found = started.find((each) => each.name === name);
      if (!found) throw new Error(`There is no process ${name}.`);
      await found.process.restart();
      await isReady(name, found.operations);
    },
    stop: async () => {
      await gateway.stop();
      await stopAll(started.map(({ process }) => process));
    },
  };
}

/** Waits until the process is ready: from then on it accepts requests with an access token. */
async function isReady(name: string, url: string): Promise<void> {
  await eventually(`${name} is ready`, async () => (await fetch(`${url}/health/ready`)).ok);
}

function databasesOnly({ settings }: OwnParts): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name.endsWith('_DATABASE_URL')));
}

/** A process that can be started again with its settings, at its address. */
class Restartable {
  private constructor(
    private current: RunningProcess,
    private readonly name: string,
    private readonly services: readonly Service[],
    private readonly settings: Record<string, string>,
    private readonly entry: string | undefined,
  ) {}

  static async start(
    name: string,
    own: readonly Service[],
    settings: Record<string, string>,
    entry?: string,
  ): Promise<Restartable> {
    return new Restartable(await startMonolith(settings, entry), name, own, settings, entry);
  }

  get shown(): PlatformProcess {
    return { ...this.current, name: this.name, services: this.services };
  }

  get url(): string {
    return this.current.url;
  }

  output(): string {
    return this.current.output();
  }

  stop(): Promise<number | NodeJS.Signals> {
    return this.current.stop();
  }

  async restart(): Promise<void> {
    await this.current.ended;
    this.current = await startMonolith({ ...this.settings, PORT: new URL(this.url).port }, this.entry);
  }
}

async function stopAll(processes: readonly Pick<RunningProcess, 'stop' | 'output'>[]): Promise<void> {
  const codes = await Promise.all(processes.map((each) => each.stop()));
  const failed = processes.filter((_, index) => codes[index] !== 0);
  if (failed.length > 0) throw new Error(`${codes.join()} – ${failed.map((each) => each.output()).join('\n')}`);
}
