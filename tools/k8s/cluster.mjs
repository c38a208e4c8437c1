import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the user can repair: its message says how. */
export class Problem extends Error {}

/** Runs a program, and returns what it wrote to stdout. Throws a Problem with its output if it fails. */
export async function capture(program, ...parameters) {
  try {
    const { stdout } = await run(program, parameters, { maxBuffer: 64 * 1_048_576 });
    return stdout;
  } catch (error) {
    throw new Problem(`${program} ${parameters.join(' ')} failed:\n${error.stderr || error.message}`);
  }
}

/** Runs kubectl in the namespace of the platform, and returns what it wrote to stdout. */
export function kubectl(...parameters) {
  return capture('kubectl', '-n', 'twofold', ...parameters);
}

/** Applies manifests, in YAML or JSON. */
export async function apply(text) {
  const child = spawn('kubectl', ['-n', 'twofold', 'apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  child.stdin.end(text);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Problem(`kubectl apply failed:\n${errors}`);
}

/** Runs a program whose output the user sees. */
export async function show(program, ...parameters) {
  const child = spawn(program, parameters, { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Problem(`${program} ${parameters.join(' ')} failed.`);
}

const has = (program, ...parameters) =>
  run(program, parameters)
    .then(() => true)
    .catch(() => false);

/** Throws a Problem that names what is missing, and how to get it. */
export async function assertReady({ builds }) {
  if (builds && !(await has('docker', 'version')))
    throw new Problem(
      'Docker is missing or not running; it builds the images. Install it: https://docs.docker.com/get-started/get-docker/',
    );
  if (!(await has('kubectl', 'version', '--client')))
    throw new Problem('kubectl is missing. Install it: https://kubernetes.io/docs/tasks/tools/');
  if (!(await has('kubectl', 'get', '--raw', '/readyz', '--request-timeout=10s')))
    throw new Problem(
      'kubectl reaches no cluster. Start one, with `kind create cluster --config k8s/kind.yaml` or `minikube start`, or set KUBECONFIG.',
    );
}
