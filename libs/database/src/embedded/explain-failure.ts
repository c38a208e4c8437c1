import type { EmbeddedHome } from './embedded-home.js';
import { diskFull, UserError } from '../user-error.js';

/** What to do about a Postgres server or an initdb that failed, from what it printed. */
export function explainFailure(log: string, { home, runner }: Pick<EmbeddedHome, 'home' | 'runner'>): UserError {
  const [, found, ours] = /version (\S+), which is not compatible with this version (\d+)/.exec(log) ?? [];
  if (found)
    return new UserError(
      `The data in ${home} is of PostgreSQL ${found}, and this Twofold has ${ours}. ` +
        'Back it up with the release that wrote it (npm run ops -- backup), reset, and restore it with this one.',
    );
  // The system's limit of segments or semaphores is reported as a full disk, too.
  if (/could not create (shared memory|semaphores)/i.test(log))
    return new UserError(
      `Postgres got no shared memory: ${causeIn(log)}. Stop other servers, or restart the machine if servers were killed.`,
    );
  if (/No space left on device/i.test(log)) return diskFull(home);
  if (/Permission denied|not writable|wrong ownership/i.test(log)) {
    const owner = runner.uid === undefined ? 'this user' : `the user ${runner.uid}, which Postgres runs as`;
    return new UserError(`Postgres may not use ${home}: ${causeIn(log)}. Give the folder to ${owner}.`);
  }
  return new UserError(`Postgres did not start: ${causeIn(log)}. Its data is in ${home}.`);
}

/** The line that names the cause, else the last one. */
function causeIn(log: string): string {
  const lines = log.trim().split('\n');
  const line = lines.find((each) => /FATAL|PANIC|error:/.test(each)) ?? lines.at(-1) ?? '';
  return line.replace(/^.*?(?:FATAL|PANIC|error):\s*/, '').replace(/\.$/, '') || 'it printed no reason';
}
