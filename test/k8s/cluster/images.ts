import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#database';
import { kubectl } from './kubectl.js';

const run = promisify(execFile);

/** The image of a deployment. */
export async function imageOf(deployment: string): Promise<string> {
  return kubectl('get', 'deployment', deployment, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
}

/**
 * Bundles the build in `context`, with further entry points, and builds an image from `NAME.Dockerfile` beside this file on top of
 * the platform's image, in the same registry if there is one, and brings it into the cluster. Its tag is its content.
 */
export async function buildImage(name: string, context: string, ...entries: string[]): Promise<string> {
  await run(process.execPath, ['tools/bundle.mjs', 'dist/bundled', ...entries], { cwd: context });
  const base = await imageOf('posts');
  const file = join(packageRoot(), `test/k8s/cluster/${name}.Dockerfile`);
  const build = ['build', '-q', '-f', file, '--build-arg', `IMAGE=${base}`, context];
  const id = (await run('docker', build)).stdout.trim().replace('sha256:', '');
  const image = `${base.slice(0, base.lastIndexOf(':'))}-${name}:${id.slice(0, 12)}`;
  await run('docker', ['tag', id, image]);
  await run(process.execPath, ['tools/k8s/load.mjs', image], { cwd: packageRoot() });
  return image;
}
