import { serviceNames } from '#contracts';
import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { imageOf } from './cluster/images.js';
import { apply, kubectl, podsOf } from './cluster/kubectl.js';

type ServiceName = (typeof serviceNames)[number];

/** Ports of the pods that are not a service. */
const others = {
  gateway: [8080],
  postgres: [5432],
  redis: [6379],
  kafka: [9092],
  jaeger: [16686, 4318],
} as const;
type Target = ServiceName | keyof typeof others;

/** Every kind of pod, and its ports. */
const ports = new Map<Target, readonly number[]>([
  ...serviceNames.map((name) => [name, [3000, 9000]] as const),
  ...(Object.entries(others) as [keyof typeof others, readonly number[]][]),
]);

/** A pod of another namespace, without any policy of its own, is `outside`; `stranger` is one of the platform's namespace. */
type Source = Target | 'job' | 'stranger' | 'outside';

/** The edges of the architecture, as docs/guides/the-two-topologies.md draws them. Everyone may open the gateway and Jaeger. */
const edges: readonly (readonly [Source, Target, number])[] = [
  ...serviceNames.flatMap((service): [Source, Target, number][] => [
    ['gateway', service, 3000],
    [service, 'postgres', 5432],
    [service, 'redis', 6379],
    [service, 'kafka', 9092],
    [service, 'jaeger', 4318],
  ]),
  ...serviceNames
    .filter((service) => service !== 'auth')
    .map((service): [Source, Target, number] => [service, 'auth', 3000]),
  ['outside', 'gateway', 8080],
  ['outside', 'jaeger', 16686],
  ['job', 'postgres', 5432],
  ['job', 'redis', 6379],
  ['job', 'kafka', 9092],
];

const OUTSIDE = 'twofold-outside';

/** Tries a connection from each kind of pod to each port of each kind. */
export async function checkNetworkPolicies(): Promise<string> {
  const image = await imageOf('posts');
  await kubectl('create', 'namespace', OUTSIDE);
  try {
    await apply([
      sleepingPod('edge-job', { 'app.kubernetes.io/component': 'job' }, image),
      sleepingPod('edge-stranger', {}, image),
    ]);
    await apply([sleepingPod('edge-outside', {}, image)], '-n', OUTSIDE);
    await kubectl('wait', 'pod/edge-job', 'pod/edge-stranger', '--for=condition=Ready', '--timeout=60s');
    await kubectl('-n', OUTSIDE, 'wait', 'pod/edge-outside', '--for=condition=Ready', '--timeout=60s');
    const targets = await addresses();
    const sources: Source[] = [...ports.keys(), 'job', 'stranger', 'outside'];
    const found = await Promise.all(
      sources.map(async (source) => {
        const reachable = targets.filter(({ target }) => target !== source);
        return (await openFrom(source, reachable, image)).map(({ target, port, connected }) => {
          return { edge: `${source} → ${target}:${port}`, connected };
        });
      }),
    );
    const tried = found.flat();
    const allowed = edges.map(([source, target, port]) => `${source} → ${target}:${port}`);
    const open = tried.filter(({ connected }) => connected).map(({ edge }) => edge);
    assert.deepEqual(open.toSorted(), allowed.toSorted());
    const refused = tried.length - open.length;
    return `${open.length} of ${allowed.length} allowed edges work, ${refused} of ${refused} others are refused`;
  } finally {
    await kubectl('delete', 'pod', 'edge-job', 'edge-stranger', '--force', '--grace-period=0', '--ignore-not-found');
    await kubectl('delete', 'namespace', OUTSIDE);
  }
}

interface Address {
  readonly target: Target;
  readonly host: string;
  readonly port: number;
}

async function addresses(): Promise<Address[]> {
  const all = await Promise.all(
    [...ports].map(async ([target, open]) => {
      const [pod] = await podsOf(target);
      return open.map((port) => ({ target, host: pod?.status.podIP ?? '', port }));
    }),
  );
  return all.flat();
}

/** Connects from a pod of this kind, or from a container that shares its network. */
async function openFrom(
  source: Source,
  targets: readonly Address[],
  image: string,
): Promise<(Address & { readonly connected: boolean })[]> {
  const script = `const net = require('node:net');
    const tried = ${JSON.stringify(targets)}.map((each) => new Promise((done) => {
      const socket = net.connect({ host: each.host, port: each.port, timeout: 3000 });
      const end = (connected) => { socket.destroy(); done({ ...each, connected }); };
      socket.on('connect', () => end(true)).on('error', () => end(false)).on('timeout', () => end(false));
    }));
    Promise.all(tried).then((all) => console.log('RESULT' + JSON.stringify(all)));`;
  const output = await runIn(source, image, ['node', '-e', script]);
  const [, json = ''] = /RESULT(.*)/.exec(output) ?? [];
  return JSON.parse(json) as (Address & { connected: boolean })[];
}

async function runIn(source: Source, image: string, command: readonly string[]): Promise<string> {
  if (source === 'outside') return kubectl('-n', OUTSIDE, 'exec', 'edge-outside', '--', ...command);
  if (source === 'job' || source === 'stranger') return kubectl('exec', `edge-${source}`, '--', ...command);
  const [pod] = await podsOf(source);
  return debug(pod?.metadata.name ?? '', image, command);
}

/** Runs a command in an ephemeral container of a pod and returns its output. */
async function debug(pod: string, image: string, command: readonly string[]): Promise<string> {
  const container = `edge-${Date.now()}`;
  const options = ['--profile=restricted', '--image-pull-policy=IfNotPresent'];
  await kubectl('debug', pod, ...options, `--image=${image}`, `--container=${container}`, '--', ...command);
  return eventually(
    `the container in ${pod} has its results`,
    async () => {
      const output = await kubectl('logs', pod, '-c', container).catch(() => '');
      return output.includes('RESULT') && output;
    },
    60_000,
  );
}

function sleepingPod(name: string, labels: Record<string, string>, image: string): object {
  const securityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 20_000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'sleep', image, imagePullPolicy: 'IfNotPresent', command: ['sleep', '600'], securityContext },
      ],
    },
  };
}
