import type { Stage } from '../subjects/running.js';
import type { Subject } from '../subjects/subjects.js';
import { firstDifference } from './normalize.js';
import { transcriptOf } from './transcript.js';

/** Whether each subject answered as the first one did. */
export interface AnswersCheck {
  readonly exchanges: number;
  /** The first difference, by subject that differs. */
  readonly differences: Readonly<Record<string, string>>;
}

export async function compareAnswers(stage: Stage, subjects: readonly Subject[]): Promise<AnswersCheck> {
  const transcripts = new Map<string, readonly string[]>();
  for (const subject of subjects) {
    transcripts.set(subject.key, await stage.with(subject, transcriptOf));
  }
  const [[, expected] = ['', []], ...others] = [...transcripts];
  const differences = others.flatMap(([key, each]) => {
    const difference = firstDifference(expected, each);
    return difference === undefined ? [] : [[key, difference] as const];
  });
  return { exchanges: expected.length, differences: Object.fromEntries(differences) };
}
