import { join } from 'node:path';
import { capture, Problem, show } from './cluster.mjs';

export const ROOT = join(import.meta.dirname, '../..');

/** The images that are built here, by their name in the manifests: the target of deploy/Dockerfile. */
const TARGETS = { twofold: 'twofold', 'twofold-gateway': 'gateway' };

/**
 * Builds the images. Returns the reference of each, whose tag is its content: the same content is not rolled out again. With
 * REGISTRY (such as registry.example.com/team), the references are of that registry.
 */
export async function build() {
  const { REGISTRY } = process.env;
  const references = {};
  for (const [name, target] of Object.entries(TARGETS)) {
    const file = join(ROOT, 'deploy/Dockerfile');
    await capture('docker', 'build', '-q', '-f', file, '--target', target, '-t', `${name}:dev`, ROOT);
    const id = (await capture('docker', 'image', 'inspect', '-f', '{{.Id}}', `${name}:dev`)).trim();
    const tag = id.replace('sha256:', '').slice(0, 12);
    references[name] = REGISTRY ? `${REGISTRY}/${name}:${tag}` : `${name}:${tag}`;
    await capture('docker', 'tag', `${name}:dev`, references[name]);
  }
  return references;
}

/**
 * Brings images into the cluster: `built` by a push to REGISTRY, or by loading them into kind or minikube, whichever kubectl
 * points at. Those fetch the others themselves. With CLUSTER_LOAD, all go by that command, which is given their names.
 */
export async function load(built, all) {
  const { CLUSTER_LOAD, REGISTRY } = process.env;
  if (REGISTRY && !CLUSTER_LOAD) {
    for (const image of built) await show('docker', 'push', '-q', image);
    return;
  }
  const present = await imagesOfAllNodes();
  const missing = (CLUSTER_LOAD ? all : built).filter((image) => !present.has(image));
  if (missing.length === 0) return;
  if (CLUSTER_LOAD) return show('sh', '-c', `${CLUSTER_LOAD} "$@"`, 'load', ...missing);
  const context = (await capture('kubectl', 'config', 'current-context')).trim();
  if (context.startsWith('kind-')) return show('kind', 'load', 'docker-image', '--name', context.slice(5), ...missing);
  if (context === 'minikube') {
    for (const image of missing) await show('minikube', 'image', 'load', image);
    return;
  }
  throw new Problem(
    `The cluster ${context} is neither kind nor minikube. Set REGISTRY to a registry that it reads, such as registry.example.com/team, ` +
      'or CLUSTER_LOAD to a command that is given the names of images and brings them into the cluster.',
  );
}

/** The images that every node has, as far as they report them: tags of built images are their content. */
async function imagesOfAllNodes() {
  const { items } = JSON.parse(await capture('kubectl', 'get', 'nodes', '-o', 'json'));
  const reported = items.map(
    ({ status }) =>
      new Set(
        (status.images ?? []).flatMap(({ names }) =>
          names.map((name) => name.replace(/^docker\.io\/(library\/)?/, '')),
        ),
      ),
  );
  return new Set([...(reported[0] ?? [])].filter((image) => reported.every((images) => images.has(image))));
}
