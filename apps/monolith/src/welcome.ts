import type { StartedProcess } from '#runtime';
import { admin, demo, password } from './demo.js';

/** Where to begin. */
export function welcomeNewcomer({ url, say }: StartedProcess, hasDemo: boolean): void {
  say('');
  say(`  Twofold is at ${url}`);
  say(`  API page      ${url}/docs`);
  if (hasDemo) {
    say(`  Demo log-in   ${demo.email} / ${password}`);
    say(`  Admin log-in  ${admin.email} / ${password}`);
  }
  say('');
}
