import type { Arena } from '../arena.js';
import { createPosts, readPosts, readPostsAgain } from '../contests/posts.js';
import { drain, relayOnAndOff } from '../contests/relay.js';
import { logIn } from '../contests/log-in.js';
import { start } from '../contests/start.js';
import type { Contest, Cost } from '../contest.js';

/** One value that is reported of a comparison. */
export interface Line {
  readonly name: string;
  readonly of: keyof Cost;
  /** The minimum that is accepted, and the goal. Both are absent if the value is only reported. */
  readonly floor?: number;
  readonly aim?: number;
  /** Reported as a multiple of the limit's cost, or as MiB more than it, instead of a part of its speed. */
  readonly as?: 'multiple' | 'difference';
}

export interface Figure {
  /** Its name for `--only`. */
  readonly key: string;
  readonly operations: number;
  readonly prepare: (arena: Arena) => Promise<Contest>;
  /** CPU time of what both sides use in addition to Postgres, in microseconds. */
  readonly cpuOfPart?: () => number;
  readonly lines: readonly Line[];
}

const cpu = (name: string, floor: number, aim: number): Line[] => [{ name, of: 'cpu', floor, aim }];

export const figures: readonly Figure[] = [
  { key: 'create', operations: 1_500, prepare: createPosts, lines: cpu('create post', 0.5, 0.85) },
  { key: 'read', operations: 3_000, prepare: readPosts, lines: cpu('uncached GET of a post', 0.5, 0.85) },
  { key: 'cached', operations: 6_000, prepare: readPostsAgain, lines: cpu('cached GET of a post', 0.4, 0.8) },
  { key: 'relay', operations: 1_500, prepare: relayOnAndOff, lines: cpu('16 writers, relay on', 0.9, 0.97) },
  { key: 'drain', operations: 100_000, prepare: drain, lines: cpu('drain of 100,000 rows', 0.6, 0.95) },
  { key: 'login', operations: 60, prepare: logIn, lines: cpu('log-in', 0.9, 0.97) },
  {
    key: 'start',
    operations: 1,
    prepare: start,
    lines: [
      { name: 'start to first answer', of: 'cpu', floor: 1.5, aim: 1.1, as: 'multiple' },
      { name: 'memory after it', of: 'memory', floor: 1.5, aim: 1.1, as: 'multiple' },
    ],
  },
];
