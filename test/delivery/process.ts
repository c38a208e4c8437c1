/** The test's own entry point: the monolith with the probe in it, and on request with a fault. Compiled like any other. */
import { auth } from '#auth';
import type { FailPoint } from '#events';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { dieNowAndThenAt, failAtRandom, faults, type FaultName, holdTopics, widenTheGap } from './faults.js';
import { probe } from './probe.js';

const fault = process.env['DELIVERY_FAULT'];
const dieAt = process.env['DELIVERY_DIE_AT'];
if (fault) faults[fault as FaultName]();
else if (dieAt) dieNowAndThenAt(dieAt.split(',') as FailPoint[]);
else widenTheGap();
if (process.env['DELIVERY_FAILS']) failAtRandom(Number(process.env['DELIVERY_FAILS']));
holdTopics();

await runService({
  name: 'delivery-test',
  services: [auth, users, posts, notifications, probe],
});
