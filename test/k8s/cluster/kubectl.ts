import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NAMESPACE = 'twofold';
const MAX_OUTPUT = 64 * 1_048_576;

/** A Kubernetes object, as far as the tests read it. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly podIP?: string;
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Runs kubectl in the namespace of the platform and returns what it wrote to stdout. Throws with its output if it fails. */
export async function kubectl(...parameters: string[]): Promise<string> {
  try {
    return (await run('kubectl', ['-n', NAMESPACE, ...parameters], { maxBuffer: MAX_OUTPUT })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`kubectl ${parameters.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Applies manifests, in YAML or JSON. */
export async function apply(manifests: string | readonly object[], ...options: string[]): Promise<void> {
  const text =
    typeof manifests === 'string' ? manifests : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
  const child = spawn('kubectl', ['-n', NAMESPACE, 'apply', '-f', '-', ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(text);
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`kubectl apply failed:\n${errors}`);
}

export async function list(kind: string, selector = 'app.kubernetes.io/part-of=twofold'): Promise<KubernetesObject[]> {
  const { items } = JSON.parse(await kubectl('get', kind, '-l', selector, '-o', 'json')) as {
    items: KubernetesObject[];
  };
  return items;
}

/** The running pods of a workload, ready or not. */
export async function podsOf(name: string): Promise<KubernetesObject[]> {
  const pods = await list('pods', `app.kubernetes.io/name=${name}`);
  return pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status.phase === 'Running');
}

export function isReady({ metadata, status }: KubernetesObject): boolean {
  return (
    !metadata.deletionTimestamp && !!status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True')
  );
}

export async function whenRolledOut(deployment: string, timeoutSeconds = 180): Promise<void> {
  await kubectl('rollout', 'status', `deployment/${deployment}`, `--timeout=${timeoutSeconds}s`);
}

/** A value of a secret. */
export async function secret(name: string, key: string): Promise<string> {
  const encoded = await kubectl('get', 'secret', name, '-o', `jsonpath={.data.${key}}`);
  return Buffer.from(encoded, 'base64').toString();
}

/** Forwards a free local port to a port of a service until `stop`. */
export async function forward(target: string, port: number): Promise<{ port: number; stop(): void }> {
  const child = spawn('kubectl', ['-n', NAMESPACE, 'port-forward', target, `:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [, local] = /127\.0\.0\.1:(\d+)/.exec(line.toString()) ?? [];
  if (!local) throw new Error(`kubectl port-forward ${target} printed ${line.toString()}`);
  return { port: Number(local), stop: () => child.kill() };
}
