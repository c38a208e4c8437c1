/**
 * Prints the memory that the platform of `docker compose up` uses: `npm run memory`. Let it idle for a minute before.
 */
import { memoryOf, tableOf } from './memory.js';

process.stdout.write(tableOf(await memoryOf(process.argv[2] ?? 'twofold')));
