import type { Side } from './contest.js';
import type { Load, RequestOf } from './load.js';
import type { SideProcess } from './side-process.js';

/** A side whose operations are requests to a server, which must answer each of them with `status`. */
export function loadedSide(server: SideProcess, load: Load, requestOf: RequestOf, status: number): Side {
  return {
    run: (operations) => load.run(operations, requestOf, status),
    cpu: () => server.cpu(),
    stop: async () => {
      await load.close();
      await server.stop();
    },
  };
}
