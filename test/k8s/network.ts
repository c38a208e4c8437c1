import { serviceNames } from '#contracts';
import assert from 'node:assert/strict';
import { imageOf } from './cluster/images.js';
import { apply, kubectl, podsOf } from './cluster/kubectl.js';

/** Ports of each kind of pod. */
const ports = {
  auth: [3000, 9000],
  users: [3000, 9000],
  posts: [3000, 9000],
  notifications: [3000, 9000],
  gateway: [8080],
  postgres: [5432],
  redis: [6379],
  kafka: [9092],
  jaeger: [16686, 4318],
} as const;
type Target = keyof typeof ports;
type Source = Target | 'job' | 'stranger';

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
  ['job', 'postgres', 5432],
  ['job', 'redis', 6379],
  ['job', 'kafka', 9092],
];

/** Tries a connection from each kind of pod to each port of each kind. */
export async function checkNetworkPolicies(): Promise<string> {
  await apply([
    sleepingPod('edge-job', { 'app.kubernetes.io/component': 'job' }, await imageOf('posts')),
    sleepingPod('edge-stranger', {}, await imageOf('posts')),
  ]);
  try {
    await kubectl('wait', 'pod/edge-job', 'pod/edge-stranger', '--for=condition=Ready', '--timeout=60s');
    const targets = await addresses();
    const sources: Source[] = [...(Object.keys(ports) as Target[]), 'job', 'stranger'];
    const found = await Promise.all(
      sources.map(async (source) => ({
        source,
        open: await openFrom(
          source,
          targets.filter(({ target }) => target !== source),
        ),
      })),
    );
    const tried = found.flatMap(({ source, open }) =>
      open.map(({ target, port, connected }) => ({ edge: `${source} → ${target}:${port}`, connected })),
    );
    const allowed = new Set(edges.map(([source, target, port]) => `${source} → ${target}:${port}`));
    const wrong = tried.filter(({ edge, connected }) => connected !== allowed.has(edge));
    assert.deepEqual(wrong, []);
    const refused = tried.length - allowed.size;
    return `${allowed.size} of ${allowed.size} allowed edges work, ${refused} of ${refused} others are refused`;
  } finally {
    await kubectl('delete', 'pod', 'edge-job', 'edge-stranger', '--force', '--grace-period=0');
  }
}

interface Address {
  readonly target: Target;
  readonly host: string;
  readonly port: number;
}

async function addresses(): Promise<Address[]> {
  const all = await Promise.all(
    (Object.keys(ports) as Target[]).map(async (target) => {
      const [pod] = await podsOf(target);
      return ports[target].map((port) => ({ target, host: pod?.status.podIP ?? '', port }));
    }),
  );
  return all.flat();
}

/** Connects from a container that shares the network of a pod of this kind. */
async function openFrom(
  source: Source,
  targets: readonly Address[],
): Promise<(Address & { readonly connected: boolean })[]> {
  const pod = source === 'job' || source === 'stranger' ? `edge-${source}` : (await podsOf(source))[0]?.metadata.name;
  const script = `const net = require('node:net');
    const tried = ${JSON.stringify(targets)}.map((each) => new Promise((done) => {
      const socket = net.connect({ host: each.host, port: each.port, timeout: 3000 });
      const end = (connected) => { socket.destroy(); done({ ...each, connected }); };
      socket.on('connect', () => end(true)).on('error', () => end(false)).on('timeout', () => end(false));
    }));
    Promise.all(tried).then((all) => console.log('RESULT' + JSON.stringify(all)));`;
  const node = ['node', '-e', script];
  const output =
    source === 'job' || source === 'stranger'
      ? await kubectl('exec', pod ?? '', '--', ...node)
      : await debug(pod ?? '', await imageOf('posts'), node);
  const [, json] = /RESULT(.*)/.exec(output) ?? [];
  return JSON.parse(json ?? '[]') as (Address & { connected: boolean })[];
}

/** Runs a command in an ephemeral container of a pod and returns its output. */
async function debug(pod: string, image: string, command: readonly string[]): Promise<string> {
  const container = `edge-${Date.now()}`;
  await kubectl(
    'debug',
    pod,
    '--profile=restricted',
    `--image=${image}`,
    `--container=${container}`,
    '--image-pull-policy=IfNotPresent',
    '--',
    ...command,
  );
  for (;;) {
    const output = await kubectl('logs', pod, '-c', container).catch(() => '');
    if (output.includes('RESULT')) return output;
  }
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
