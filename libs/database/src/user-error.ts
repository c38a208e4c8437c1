/** An error that the operator can fix. Its message is one line that says what to do; no stack trace is printed. */
export class UserError extends Error {}

/** Of the disk that holds `path`, if it is known. */
export function diskFull(path?: string): UserError {
  const where = path ? ` of ${path}` : '';
  return new UserError(`The disk${where} is full. Free some space, then start again; nothing stored is lost.`);
}
