const REMOVED = '[removed]';
/** Longer texts are cut: what an error quotes may be as large as a request. */
const MAX_LENGTH = 16_384;

/**
 * What text of foreign origin, such as the message of a driver's error, may hold and a log must not. Every repetition is
 * bounded, and none begins inside of what it matches: the time is linear in the length of the text.
 */
const secrets: readonly (readonly [RegExp, string])[] = [
  // The user and password of a URL.
  [/(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s"'<>@]{0,200}@(?:[^\s"'<>@]{0,200}@)?/gi, `$1${REMOVED}@`],
  // A JSON Web Token.
  [/(?<![\w-])eyJ[\w-]{5,2000}\.[\w-]{5,4000}(?:\.[\w-]{0,2000})?/g, REMOVED],
  [/\b(bearer|basic)\s{1,3}[\w.~+/=-]{8,2000}/gi, `$1 ${REMOVED}`],
  [/\b((?:set-)?cookie["']?\s{0,3}[:=])[^\n]{1,2000}/gi, `$1 ${REMOVED}`],
  // A value that is named, as in JSON, in JavaScript, in a query or in the environment; its quotes may be escaped.
  [
    /((?:password|passwd|secret|token|api[_-]?key|master[_-]?key)\\?["']?\s{0,3}[:=]\s{0,3})(?:\\?"(?:\\.|[^"\\]){0,500}\\?"?|'(?:\\.|[^'\\]){0,500}'?|[^\s"',;}]{1,500})/gi,
    `$1${REMOVED}`,
  ],
  [/(?<![^\s"'<>()[\]{},;:=])[^\s@"'<>()[\]{},;:=]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/gi, REMOVED],
];

/**
 * Removes e-mail addresses, tokens, passwords and the credentials of URLs. A second line of defence: no code of ours logs
 * them, but an error may quote what it could not handle.
 */
export function redact(text: string): string {
  const bounded = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return secrets.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), bounded);
}
