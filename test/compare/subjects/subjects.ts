import type { Topology } from '../../support/platform/platform.js';

/** One way to run the platform, or to build it. */
export interface Subject {
  readonly key: string;
  readonly title: string;
  readonly topology: Topology;
  /** Postgres is embedded, instead of the container that the others share. */
  readonly embedded?: boolean;
  /** A second process of it on the same databases, with Redis, behind a gateway. */
  readonly twice?: boolean;
  /** Run instead of the entry points of the product, as path in the build. */
  readonly entry?: string;
  /** Its processes may end by themselves. */
  readonly crashes?: boolean;
  /** Built for the comparison only: not a part of the product. */
  readonly foil?: boolean;
}

const FOILS = 'dist/test/compare/subjects';

export const subjects = [
  { key: 'monolith', title: 'monolith', topology: 'monolith' },
  { key: 'services', title: 'four services', topology: 'services' },
  { key: 'mixture', title: 'monolith + notifications', topology: 'mixture' },
  { key: 'pair', title: 'two monoliths', topology: 'monolith', twice: true },
  { key: 'embedded', title: 'monolith, embedded Postgres', topology: 'monolith', embedded: true },
  {
    key: 'naive',
    title: 'naive monolith (foil)',
    topology: 'monolith',
    entry: `${FOILS}/naive.program.js`,
    foil: true,
  },
  {
    key: 'hop',
    title: 'services with a hop (foil)',
    topology: 'services',
    entry: `${FOILS}/hop.program.js`,
    foil: true,
  },
] as const satisfies readonly Subject[];

export type SubjectKey = (typeof subjects)[number]['key'];
