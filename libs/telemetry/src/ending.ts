let end: (() => Promise<void>) | undefined;

export function onTracingEnd(work: () => Promise<void>): void {
  end = work;
}

/** Sends the spans that are still buffered. Never throws, and takes at most a few seconds if nothing receives them. */
export async function endTracing(): Promise<void> {
  await end?.().catch(() => undefined);
}
