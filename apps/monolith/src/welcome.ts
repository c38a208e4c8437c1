import type { StartedProcess } from '#runtime';
import { admin, demo, password } from './demo.js';

/** Prints the addresses and the demo log-ins after startup. */
export function printWelcome({ url, print }: StartedProcess, hasDemo: boolean): void {
  print('');
  print(`  Twofold is at ${url}`);
  print(`  API page      ${url}/docs`);
  if (hasDemo) {
    print(`  Demo log-in   ${demo.email} / ${password}`);
    print(`  Admin log-in  ${admin.email} / ${password}`);
  }
  print('');
}
