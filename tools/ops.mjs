// Runs the ops command line from the build, which it brings up to date first. Help needs no build of the latest changes.
import { existsSync } from 'node:fs';

const MAIN = 'dist/apps/ops/src/main.js';
const HELP = ['help', '--help', '-h', '--version', '-V', 'completion'];
const parameters = process.argv.slice(2);
const asksForHelp = parameters.length === 0 || parameters.some((each) => HELP.includes(each));

if (!asksForHelp || !existsSync(MAIN)) await import('./build.mjs');
process.setSourceMapsEnabled(true);
await import(`../${MAIN}`);
