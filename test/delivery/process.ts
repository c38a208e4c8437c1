/** Entry point of the processes of the delivery test: all services and the probe, optionally with a fault. */
import { auth } from '#auth';
import type { FailPoint } from '#events';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { dieAtEach, failAtRandom, faults, type FaultName, holdTopics, delayAcknowledgements } from './faults.js';
import { probe } from './probe.js';

const fault = process.env['DELIVERY_FAULT'];
const dieAt = process.env['DELIVERY_DIE_AT'];
if (fault) faults[fault as FaultName]();
else if (dieAt) dieAtEach(dieAt.split(',') as FailPoint[]);
else delayAcknowledgements();
if (process.env['DELIVERY_FAILS']) failAtRandom(Number(process.env['DELIVERY_FAILS']));
holdTopics();

await runService({
  name: 'delivery-test',
  services: [auth, users, posts, notifications, probe],
});
