/** What the platform of `docker compose up` holds: `npm run memory`. Leave it alone for a minute before. */
import { memoryOf, tableOf } from './memory.js';

process.stdout.write(tableOf(await memoryOf(process.argv[2] ?? 'twofold')));
