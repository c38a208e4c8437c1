import { counter, levels } from '#telemetry';

export const logins = counter('twofold_logins_total', 'Attempts to log in, by their result.', ['result']);
for (const result of ['right', 'wrong']) logins.add({ result }, 0);

export const waitingPasswords = levels(
  'twofold_passwords_waiting',
  'Passwords that wait to be hashed or verified (PASSWORDS_AT_ONCE).',
  [],
);

export const sessionsEnded = counter(
  'twofold_sessions_ended_total',
  'Sessions ended by log-out, by their owner or by an operator.',
  [],
);
