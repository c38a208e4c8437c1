import { runService } from '#runtime';
import { notifications } from './index.js';

await runService({ name: 'notifications', services: [notifications] });
