/** Stands for the collector of traces: accepts and discards whatever it is sent. Its own CPU time is not counted. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './shared/answer-parent.js';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
