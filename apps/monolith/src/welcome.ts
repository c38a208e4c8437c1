import { Problem, type StartedProcess } from '#runtime';

const demo = { email: 'demo@example.com', password: 'twofold-demo', displayName: 'Demo Author', handle: 'demo' };

/** In development: an account to look around with, and where to begin. */
export async function welcomeNewcomer(
  register: (account: typeof demo) => Promise<unknown>,
  { settings, url, say }: StartedProcess,
): Promise<void> {
  if (settings.APP_ENV !== 'development') return;
  await register(demo).catch(ignoreTaken);
  say('');
  say(`  Twofold is at ${url}`);
  say(`  API page      ${url}/docs`);
  say(`  Demo log-in   ${demo.email} / ${demo.password}`);
  say('');
}

function ignoreTaken(error: unknown): void {
  if (error instanceof Problem && error.definition.code === 'EMAIL_TAKEN') return;
  throw error;
}
