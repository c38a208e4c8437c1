import { failures, shipping } from './failures.js';
import { costByPart, counts, effects, gateway, latencies, memory, throughput } from './measured.js';
import { money } from './money.js';
import { published } from './published.js';
import type { Section } from './section.js';
import { inShort } from './short.js';
import type { Summary } from '../summary.js';
import { operations } from '../../load/mix.js';

export function sectionsOf(summary: Summary): Section[] {
  return [
    inShort(summary),
    how(summary),
    ...[costByPart, latencies, throughput, effects, counts, gateway, memory, failures, shipping, money].map((of) =>
      of(summary),
    ),
    published,
  ];
}

function how({ machine, command, sizes, rounds, checks }: Summary): Section {
  const { date, commit, processors, processor, memory, system, node } = machine;
  const { answers, generator, again } = checks;
  const mixture = operations.map(({ name, share }) => `${name} ${share} %`).join(', ');
  return {
    title: 'How it was measured',
    paragraphs: [
      `\`${command}\`, ${date}, commit ${commit}, ${processors} processors (${processor}), ${(memory / 2 ** 30).toFixed(0)} GiB, ${system}, Node ${node}.`,
      `${rounds} rounds; in each, every subject is started on copies of the same databases (10,000 posts of 1,000 people, 20 accounts that follow each other and 20 of them), warmed up with ${sizes.warmUp.rate} requests per second for ${sizes.warmUp.seconds} s, left idle, and loaded for ${sizes.seconds} s with ${sizes.rate} requests per second of the mixed load, and with ${sizes.readRate} of its reads; CPU counts until the last event has had its effect. The order changes from round to round. All use the same Postgres container and its default settings, but the row with the embedded one; processes run from the build, with the log on and traces off, and share all processors with the sender. Nothing is in between: a gateway would be on top of the services, and of a monolith with replicas.`,
      `The load is open: each request has its time, whether or not earlier ones were answered. ${mixture}; a third of the most popular posts gets most reads.`,
      `Checks of this run: ${answers.exchanges} exchanges of a story gave the same answers from each product topology and the foil with a hop; the processes stopped for 1,000 ms were reported as ${generator.longest.toFixed(0)} ms; ${checks.dropped + generator.dropped} requests were due and not sent; the CPU of the monolith compared with itself was ${again.median.toFixed(3)} [${again.low.toFixed(3)}–${again.high.toFixed(3)}]. Outside of 0.95 to 1.05 a run is void.`,
    ],
  };
}
