// Runs the platform on the cluster that kubectl points at: `npm run k8s:up -- services`, `k8s:status`, `k8s:down`.
import { applyPlatform, deletePlatform, showStatus } from './platform.mjs';
import { assertReady, Problem } from './cluster.mjs';

const OVERLAYS = ['services', 'monolith', 'mixture'];

const [action, overlay = 'services'] = process.argv.slice(2);
try {
  if (!OVERLAYS.includes(overlay))
    throw new Problem(
      `There is no overlay ${overlay}. Choose ${OVERLAYS.slice(0, -1).join(', ')} or ${OVERLAYS.at(-1)}.`,
    );
  await assertReady({ builds: action === 'up' });
  if (action === 'up') await applyPlatform(overlay);
  else if (action === 'down') await deletePlatform();
  else await showStatus();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
