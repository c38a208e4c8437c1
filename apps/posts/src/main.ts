import { runService } from '#runtime';
import { posts } from './index.js';

await runService({ name: 'posts', services: [posts] });
