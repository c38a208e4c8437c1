import { checkGenerator, type GeneratorCheck } from './measure/generator.js';
import { rawKafka } from './measure/raw-kafka.js';
import { type Sizes, type Visit, visit } from './measure/visit.js';
import { Sender } from './load/sender.js';
import type { Containers } from '../support/infrastructure/containers.js';
import type { Stage } from './subjects/running.js';
import { type Subject, type SubjectKey, subjects } from './subjects/subjects.js';

/** All visits of a run: of each subject one per round, and of the monolith a second one, to be compared with itself. */
export interface Run {
  readonly rounds: readonly Round[];
  readonly generator: GeneratorCheck;
}

export interface Round {
  readonly visits: Readonly<Partial<Record<SubjectKey | 'again', Visit>>>;
  /** Milliseconds from producing to consuming with kafkajs alone. */
  readonly raw: readonly number[];
}

export interface Plan {
  readonly subjects: readonly SubjectKey[];
  readonly rounds: number;
  readonly sizes: Sizes;
}

export async function run(stage: Stage, containers: Containers, plan: Plan): Promise<Run> {
  return Sender.with(async (sender) => {
    const generator = await stage.with(subjectOf('monolith'), (running) => checkGenerator(running, sender));
    say(
      `a standstill of one second was seen as ${generator.longest.toFixed(0)} ms, ${generator.dropped} requests dropped`,
    );
    const rounds: Round[] = [];
    for (let number = 0; number < plan.rounds; number++) {
      const visits: Partial<Record<SubjectKey | 'again', Visit>> = {};
      for (const key of rotated([...plan.subjects, 'again'] as const, number)) {
        const begun = performance.now();
        visits[key] = await stage.with(subjectOf(key === 'again' ? 'monolith' : key), (running) =>
          visit(running, sender, plan.sizes, number),
        );
        const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
        say(`round ${number + 1} of ${plan.rounds}: ${key}, ${seconds} s`);
      }
      rounds.push({ visits, raw: await rawKafka(containers.parts.kafka, plan.sizes.publications) });
    }
    return { rounds, generator };
  });
}

export function subjectOf(key: SubjectKey): Subject {
  const found = subjects.find((each) => each.key === key);
  if (!found) throw new Error(`There is no subject ${key}, only: ${subjects.map((each) => each.key).join(', ')}.`);
  return found;
}

/** The order changes from round to round, so that no subject is always measured after the same one. */
function rotated<T>(all: readonly T[], by: number): T[] {
  return all.map((_, place) => all[(place + by) % all.length] as T);
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
