import { runService } from '#runtime';
import { auth } from './index.js';

await runService({ name: 'auth', services: [auth] });
