import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#database';
import { apply } from './cluster/kubectl.js';

const run = promisify(execFile);

/** Components that an overlay can add to those it has. */
const additions = [['three-brokers'], ['prometheus'], ['gateway-api'], ['three-brokers', 'prometheus', 'gateway-api']];

/**
 * Asks the cluster whether it would accept each overlay, and each addition to the services. Kinds that the cluster does not know,
 * such as HTTPRoute, are left out and named.
 */
export async function checkManifests(): Promise<string> {
  const overlays = join(packageRoot(), 'k8s/overlays');
  const names = (await readdir(overlays)).filter((name) => !name.startsWith('.'));
  const [known, skipped] = [await knownKinds(), new Set<string>()];
  // Objects in a namespace are checked only if it exists. One that exists already is left as it is.
  const labelled = () => run('kubectl', ['label', 'namespace', 'twofold', 'twofold/environment=development']);
  await run('kubectl', ['create', 'namespace', 'twofold']).then(labelled, () => undefined);
  let objects = 0;
  const check = async (folder: string) => {
    const { stdout } = await run('kubectl', ['kustomize', folder], { maxBuffer: 16 * 1_048_576 });
    for (const [, image = ''] of stdout.matchAll(/^ +(?:- )?image: (\S+)$/gm))
      assert.match(image, /(:(?!latest$)[\w.-]+|@sha256:\w+)$/, `${folder} has an image without a version`);
    const documents = stdout.split(/^---$/m).filter((document) => {
      const [, kind = ''] = /^kind: (\w+)$/m.exec(document) ?? [];
      if (!known.has(kind)) skipped.add(kind);
      return known.has(kind);
    });
    objects += documents.length;
    await apply(documents.join('---\n'), '--dry-run=server');
  };
  for (const name of names) await check(join(overlays, name));
  for (const components of additions) await withOverlay(overlays, components, check);
  return `${names.length} overlays, ${additions.length} combinations, ${objects} objects; not known here: ${[...skipped].join() || 'none'}`;
}

async function knownKinds(): Promise<Set<string>> {
  const { stdout } = await run('kubectl', ['api-resources', '--no-headers']);
  return new Set(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).at(-1) ?? ''),
  );
}

async function withOverlay(
  overlays: string,
  components: readonly string[],
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = join(overlays, `.test-${process.pid}`);
  await mkdir(folder);
  try {
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: 'twofold',
      resources: ['../services'],
      components: components.map((name) => `../../components/${name}`),
    };
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
