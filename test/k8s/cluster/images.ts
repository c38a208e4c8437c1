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

/** Builds an image from `NAME.Dockerfile` beside this file on top of the platform's image, and brings it into the cluster. */
export async function buildImage(name: string, tag: string, context: string): Promise<string> {
  const base = await imageOf('posts');
  const image = `twofold-${name}:${tag}-${base.split(':').at(-1)}`;
  const file = join(packageRoot(), `test/k8s/cluster/${name}.Dockerfile`);
  await run('docker', ['build', '-q', '-f', file, '--build-arg', `IMAGE=${base}`, '-t', image, context]);
  await run(process.execPath, ['tools/k8s/load.mjs', image], { cwd: packageRoot() });
  return image;
}
