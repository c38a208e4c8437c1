const PING_TIMEOUT_MS = 1_000;

/** Whether a database answers within a second. */
export async function answersInTime(database: { answers(): Promise<boolean> }): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((done) => (timer = setTimeout(() => done(false), PING_TIMEOUT_MS)));
  return Promise.race([database.answers(), limit]).finally(() => clearTimeout(timer));
}
