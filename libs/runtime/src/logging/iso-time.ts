let second = 0;
let untilSecond = '';

/** The present as ISO 8601 in UTC, with milliseconds. Formatting a date takes longer than the rest of a log line. */
export function isoTime(now = Date.now()): string {
  const milliseconds = now % 1_000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    untilSecond = new Date(second).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss.'.length);
  }
  return `${untilSecond}${String(milliseconds).padStart(3, '0')}Z`;
}
