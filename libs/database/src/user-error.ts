/** An error that the operator can fix. Its message is one line that says what to do; no stack trace is printed. */
export class UserError extends Error {}
