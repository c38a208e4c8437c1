import { runService } from '#runtime';
import { users } from './index.js';

await runService({ name: 'users', services: [users] });
