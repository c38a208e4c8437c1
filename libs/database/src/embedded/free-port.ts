import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** No system uses ports below 32,768 for outgoing connections, so the port is still free when the caller binds it. */
const FIRST = 20_000;
const LAST = 32_767;
const ATTEMPTS = 100;

const allocated = new Set<number>();

/** A port of 127.0.0.1 that is not in use now and has not been returned before in this process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, LAST + 1);
    if (allocated.has(port) || !(await isFree(port))) continue;
    allocated.add(port);
    return port;
  }
  throw new Error(`None of ${ATTEMPTS} ports between ${FIRST} and ${LAST} is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
