/** A fault that whoever starts the process can mend. Its message is one line that says what to do; it has no stack. */
export class UserError extends Error {}
