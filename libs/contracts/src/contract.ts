import { z } from 'zod';

/**
 * The schema of one version of one event. Once released it never changes: a change requires a new version.
 *
 * `topic` and `keyOf` define the order: events of one topic and key are delivered in the order of their sequence.
 * `followUps` are the types that a handler of this event always emits on its first run, so that a request that waits
 * for the effects of this event can wait for theirs.
 */
export interface Contract<Data = unknown> {
  readonly type: string;
  readonly topic: string;
  readonly data: z.ZodType<Data>;
  keyOf(data: Data): string;
  readonly followUps: readonly string[];
}

export type EventData<C> = C extends Contract<infer Data> ? Data : never;

export function contract<Data>(
  definition: Omit<Contract<Data>, 'followUps'> & { followUps?: readonly string[] },
): Contract<Data> {
  return Object.freeze({ followUps: [], ...definition });
}

/** The name of an event without its version: `posts.post.published` of `posts.post.published.v1`. */
export function nameOf(type: string): string {
  return type.replace(/\.v\d+$/, '');
}
