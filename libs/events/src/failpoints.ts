/** The places at which tests kill or delay the process, in the order in which an event passes them. */
export const failPoints = ['relay.claimed', 'relay.published', 'consumer.before-commit', 'consumer.committed'] as const;
export type FailPoint = (typeof failPoints)[number];

const armed = new Map<FailPoint, () => Promise<void> | void>();

/** Does nothing, unless a test has armed this point in this process. */
export async function failpoint(name: FailPoint): Promise<void> {
  if (armed.size > 0) await armed.get(name)?.();
}

export function armFailpoint(name: FailPoint, action: () => Promise<void> | void): void {
  armed.set(name, action);
}
