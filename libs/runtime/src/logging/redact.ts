const REMOVED = '[removed]';

/** What text of foreign origin, such as the message of a driver's error, may hold and a log must not. */
const secrets: readonly (readonly [RegExp, string])[] = [
  // The user and password of a URL.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,500}@/gi, `$1${REMOVED}@`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)?/g, REMOVED],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REMOVED}`],
  [/\b(password|passwd|secret|token|api[_-]?key|cookie)("?\s*[:=]\s*)("[^"]*"|[^\s"',;}]{1,500})/gi, `$1$2${REMOVED}`],
  [/[^\s@"'<>()[\]{},;:=]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+/gi, REMOVED],
];

/**
 * Removes e-mail addresses, tokens, passwords and the credentials of URLs. A second line of defence: no code of ours logs
 * them, but an error may quote what it could not handle.
 */
export function redact(text: string): string {
  return secrets.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}
