import { operations } from '../../load/mix.js';
import { milliseconds, type Section } from './section.js';
import type { Summary } from '../summary.js';

/** What still works while a part is away. */
export function failures({ subjects }: Summary): Section {
  const killed = subjects.flatMap((each) => (each.faults ? [{ ...each, faults: each.faults }] : []));
  if (killed.length === 0) return { title: 'Killed parts', paragraphs: ['Killed by a full run only.'] };
  return {
    title: 'Killed parts',
    paragraphs: [
      'Each part was killed with SIGKILL for six seconds, at 60 requests per second, and started again by the test, not by a supervisor. One replica of each. _Detected_: from the kill to the first error that a client saw. _Recovered_: from the start of the new one to the last error that a client saw. _Works_: what was answered while the part was away, of 14 operations; _in part_: by caches, or by what had been connected.',
    ],
    tables: [
      {
        head: ['', 'killed', 'works', 'in part', 'fails', 'errors', 'detected ms', 'recovered ms'],
        rows: killed.flatMap(({ title, faults }) =>
          faults.map(({ part, working, errors, detected, recovered }) => {
            const named = (matches: (share: number) => boolean) => {
              const names = operations
                .map(({ name }) => name)
                .filter((name) => name in working && matches(working[name] ?? 0));
              return names.length === Object.keys(working).length ? 'everything' : names.join(', ') || '–';
            };
            return [
              title,
              part,
              named((share) => share === 1),
              named((share) => share > 0 && share < 1),
              named((share) => share === 0),
              String(errors),
              detected === undefined ? 'never' : milliseconds(detected),
              milliseconds(recovered),
            ];
          }),
        ),
      },
    ],
  };
}

/** To ship a one-line change of the posts service. */
export function shipping({ subjects, distribution }: Summary): Section {
  const released = subjects.flatMap((each) => (each.release ? [{ ...each, release: each.release }] : []));
  const { lines, containers, images } = distribution;
  return {
    title: 'To ship a change, and what distribution is made of',
    paragraphs: [
      'The build is the same for all: `tsc` compiles every service, and there is one image. What differs is what restarts. Here a process with a one-line change of posts was stopped by SIGTERM and started in place, with a single replica, at 60 requests per second; with two replicas no request fails (`npm run test:k8s -- rolling`).',
      `\`compose.monolith.yaml\` has ${containers.monolith.length} containers of ${images.monolith} images, \`docker-compose.yml\` ${containers.services.length} of ${images.services}. The outbox, the inbox and the projections are in both topologies: that is the price of being able to choose.`,
    ],
    tables: [
      ...(released.length === 0
        ? []
        : [
            {
              head: ['', 'restarted', 'ms until ready', 'errors'],
              rows: released.map(({ title, release: { part, took, errors } }) => [
                title,
                part,
                took.toFixed(0),
                String(errors),
              ]),
            },
          ]),
      {
        head: ['lines that exist for distribution only', 'lines'],
        rows: [
          ...Object.entries(lines).map(([what, count]) => [what, String(count)]),
          ['together', String(Object.values(lines).reduce((sum, each) => sum + each, 0))],
        ],
      },
    ],
  };
}
