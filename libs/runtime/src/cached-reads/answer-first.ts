import type { RequestListener, Server } from 'node:http';

/** Puts a listener before those that the server has so far, which are Fastify's. `goOn` passes a request on to them. */
export function answerFirst(server: Server, listenerWith: (goOn: RequestListener) => RequestListener): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on(
    'request',
    listenerWith((request, response) => {
      for (const listener of listeners) listener(request, response);
    }),
  );
}
