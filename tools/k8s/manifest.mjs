import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capture } from './cluster.mjs';
import { ROOT } from './images.mjs';

/** Settings that are passed on to the pods if they are set here. */
const PASSED_ON = ['RATE_LIMIT', 'RATE_LIMIT_PER_MINUTE', 'LOG_LEVEL', 'OTEL_TRACES_SAMPLER_ARG'];

/**
 * The objects of an overlay as kustomize renders them, with these images (name in the manifests to reference) and with the
 * settings of this shell.
 */
export async function render(overlay, images) {
  const folder = join(ROOT, 'k8s/overlays', `.up-${process.pid}`);
  const literals = PASSED_ON.flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]}`] : []));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [`../${overlay}`],
    configMapGenerator: [{ name: 'settings', behavior: 'merge', options: { immutable: true }, literals }],
    images: Object.entries(images).map(([name, reference]) => {
      const colon = reference.lastIndexOf(':');
      return { name, newName: reference.slice(0, colon), newTag: reference.slice(colon + 1) };
    }),
  };
  await mkdir(folder);
  try {
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return parse(await capture('kubectl', 'kustomize', folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function imagesOf(objects) {
  const all = objects.flatMap(({ text }) => [...text.matchAll(/^\s+(?:- )?image: (\S+)$/gm)].map(([, image]) => image));
  return [...new Set(all)];
}

/** What kustomize writes is always laid out in the same way. */
function parse(text) {
  return text.split(/^---$/m).map((document) => ({
    text: document,
    kind: /^kind: (\w+)$/m.exec(document)?.[1] ?? '',
    name: /^ {2}name: (\S+)$/m.exec(document)?.[1] ?? '',
    component: /^ {4}app\.kubernetes\.io\/component: (\w+)$/m.exec(document)?.[1] ?? '',
  }));
}
