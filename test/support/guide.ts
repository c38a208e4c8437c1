import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '#database';

/** What a guide asks its reader to do: code blocks with a path are new files, and diffs are applied. */
export interface GuideSteps {
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** All of them, one after the other. */
  readonly diffs: string;
}

export function stepsOf(guide: string): GuideSteps {
  const text = readFileSync(join(packageRoot(), 'docs/guides', guide), 'utf8');
  return {
    files: [...text.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, path = '', content = '']) => ({
      path,
      content,
    })),
    diffs: [...text.matchAll(/^```diff\n([\s\S]*?)^```$/gm)].map(([, diff = '']) => diff).join(''),
  };
}

/** Applies steps to the files in `folder`. Throws if a diff does not fit. */
export function applySteps({ files, diffs }: GuideSteps, folder: string): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  if (diffs) execFileSync('git', ['apply', '--unidiff-zero', '-'], { cwd: folder, input: diffs, stdio: 'pipe' });
}

/** The shell commands of a page of the documentation, one text per block. */
export function shellBlocksOf(page: string): string[] {
  const text = readFileSync(join(packageRoot(), 'docs', page), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}
