// Says in one sentence why a build cannot work. Loaded before anything that needs a package or a recent Node.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const isSupported = (major === 22 && minor >= 22) || (major === 24 && minor >= 15) || major >= 26;
const isThere = (name) => existsSync(`node_modules/${name}/package.json`);

function faultOf() {
  if (!existsSync('node_modules')) return 'The packages are not installed. Run: npm ci';
  if (!isThere('typescript') || !isThere('node'))
    return 'Packages that the build needs are missing. Run: npm ci, without --omit=dev';
  // `npm run build` alone, as for an image, needs no embedded Postgres.
  const starts = !process.argv.includes('--force');
  if (starts && !existsSync('node_modules/node/bin/node') && !existsSync('node_modules/node/bin/node.exe'))
    return 'The install scripts have not run: there is no embedded Postgres. Run: npm ci, without --ignore-scripts';
  if (!isSupported)
    return `Node ${process.versions.node} is too old: use npm, which runs the installed Node, or Node 22.22, 24.15, 26 or newer.`;
  return undefined;
}

const fault = faultOf();
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exit(1);
}
