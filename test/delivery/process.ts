/** The test's own entry point: the monolith with the probe in it, and on request with a fault. Compiled like any other. */
import { auth } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { faults, type FaultName, widenTheGap } from './faults.js';
import { probe } from './probe.js';

const fault = process.env['DELIVERY_FAULT'];
if (fault) faults[fault as FaultName]();
else widenTheGap();

await runService({
  name: 'delivery-test',
  services: [auth, users, posts, notifications, probe],
});
