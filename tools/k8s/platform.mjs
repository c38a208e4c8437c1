import { apply, capture, kubectl, Problem, show } from './cluster.mjs';
import { build, load } from './images.mjs';
import { runJob } from './jobs.mjs';
import { imagesOf, render } from './manifest.mjs';
import { print, step } from './progress.mjs';
import { rollOut } from './rollout.mjs';
import { ensureSecrets } from './secrets.mjs';

/** Builds, loads and applies an overlay, waits until it is ready, and prints where it is. Repeating it updates it. */
export async function applyPlatform(overlay) {
  await assertOurs();
  const images = await step('images built', build);
  const objects = await render(overlay, images);
  const chosen = (accept) => objects.filter(accept);
  const used = imagesOf(objects);
  const built = Object.values(images).filter((image) => used.includes(image));
  await step('images loaded', () => load(built, used));
  await applyAll(chosen(({ kind }) => kind === 'Namespace'));
  await ensureSecrets();
  // A port of a node belongs to one Service: that of an overlay applied before must go first.
  await removeOthers(objects, 'services');
  await step('infrastructure ready', async () => {
    const before = chosen((each) => each.kind !== 'Job' && !isOurs(each));
    await applyAll(before);
    await rollOut(before);
  });
  const jobs = chosen(({ kind }) => kind === 'Job');
  for (const name of ['migrate', 'topics']) await runJob(jobs.find((job) => job.name === name));
  await step('platform ready', async () => {
    await applyAll(chosen(isOurs));
    await rollOut(chosen(isOurs));
  });
  await removeOthers(objects, 'deployments,statefulsets,serviceaccounts,hpa,pdb,networkpolicies');
  if (process.env.DEMO !== 'off') await runJob(jobs.find((job) => job.name === 'demo'));
  showAddresses();
}

export async function deletePlatform() {
  await assertOurs();
  await show('kubectl', 'delete', 'namespace', 'twofold', '--ignore-not-found');
}

export async function showStatus() {
  await show('kubectl', 'get', 'deployments,statefulsets,pods,hpa,jobs', '-n', 'twofold');
}

/** Throws a Problem if the namespace exists and is not one that this command has made, such as that of production. */
async function assertOurs() {
  const found = await capture('kubectl', 'get', 'namespace', 'twofold', '--ignore-not-found', '-o', 'json');
  if (found.trim() === '' || JSON.parse(found).metadata.labels?.['twofold/environment'] === 'development') return;
  throw new Problem(
    'The namespace twofold of this cluster is not a development platform (label twofold/environment). Nothing was done.',
  );
}

/** What is rolled out after the jobs: processes, the gateway, and what rules their number. */
function isOurs({ kind, component }) {
  return /^(process|gateway)$/.test(component) || /^(HorizontalPod|PodDisrup)/.test(kind);
}

async function applyAll(objects) {
  await apply(objects.map(({ text }) => text).join('\n---\n'));
}

/** Deletes what another overlay, applied before, has and this one has not. Volumes, secrets and old settings stay. */
async function removeOthers(objects, kinds) {
  const found = await kubectl('get', kinds, '-l', 'app.kubernetes.io/part-of=twofold', '-o', 'json');
  const wanted = new Set(objects.map(({ kind, name }) => `${kind}/${name}`));
  const others = JSON.parse(found)
    .items.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    .filter((each) => !wanted.has(each));
  if (others.length > 0) await kubectl('delete', ...others, '--wait=false');
}

function showAddresses() {
  const { GATEWAY_URL, JAEGER_URL } = process.env;
  print(
    `\n  Twofold is at ${GATEWAY_URL ?? 'http://127.0.0.1:8080 with k8s/kind.yaml, else at NodePort 30080 of a node'}.`,
  );
  print(
    `  Traces are at ${JAEGER_URL ?? 'http://127.0.0.1:16686 with k8s/kind.yaml, else at NodePort 30686 of a node'}.`,
  );
  print('  On minikube: minikube service -n twofold gateway (or monolith) and jaeger.');
  print(
    '  Without a reachable port: kubectl -n twofold port-forward service/jaeger 16686, and the same for gateway.\n',
  );
}
