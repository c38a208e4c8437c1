// Runs the platform on the cluster that kubectl points at: `npm run k8s:up -- services`, `k8s:status`, `k8s:down`; and
// `npm run -s k8s:ops -- lag` an ops command there.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { applyPlatform, deletePlatform, showStatus } from './platform.mjs';
import { assertReady, Problem } from './cluster.mjs';
import { ROOT } from './images.mjs';
import { runOps } from './ops.mjs';

/** Those that bring their own infrastructure; a copy with other components is one, too. */
const OVERLAYS = readdirSync(join(ROOT, 'k8s/overlays')).filter((name) => !/^\.|^production$/.test(name));

const [action, ...parameters] = process.argv.slice(2);
try {
  await assertReady({ builds: action === 'up' });
  if (action === 'up') await applyPlatform(chosenOverlay(parameters));
  else if (action === 'down') await deletePlatform();
  else if (action === 'ops') process.exitCode = await runOps(parameters);
  else await showStatus();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function chosenOverlay([overlay = 'services']) {
  if (OVERLAYS.includes(overlay)) return overlay;
  throw new Problem(
    `There is no overlay ${overlay}. Choose ${OVERLAYS.slice(0, -1).join(', ')} or ${OVERLAYS.at(-1)}.`,
  );
}
