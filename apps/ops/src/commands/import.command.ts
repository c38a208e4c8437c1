import { realpathSync } from 'node:fs';
import { AccountsService } from '#auth';
import { UserError } from '#database';
import { type FolderContent, type Note, nameOf, PostsImporter, readFolder, siteAt, UnreadableFile } from '#posts';
import { Progress } from '#runtime';
import type { Commands } from '../commands.js';
import { print } from '../output.js';
import { dryRun, path as toPath } from '../parameters.js';

export const importCommand: Commands = (program, withServices) => {
  program
    .command('import')
    .argument('<folder>', 'folder of Markdown files, with or without front matter in YAML, TOML or JSON', toPath)
    .option('--account <account>', 'author of the posts: id or e-mail address', 'demo@example.com')
    .addOption(dryRun())
    .description('publishes a folder of Markdown files; when repeated, updates only what has changed')
    .action((folder: string, { account, dryRun: isDry = false }: { account: string; dryRun?: boolean }) => {
      const content = read(folder);
      if (isDry) return preview(content);
      return withServices(async (services) => {
        const { id: authorId } = await services.get(AccountsService, { strict: false }).find(account);
        const importer = services.get(PostsImporter, { strict: false });
        if (!(await importer.knows(authorId))) {
          throw new UserError(`The posts service has no profile of ${account} yet. Start the platform, then import.`);
        }
        await importContent(importer, authorId, content, realpathSync(folder) === content.root);
      });
    });
};

function read(folder: string): FolderContent {
  try {
    const content = readFolder(folder);
    if ([content.files, content.skipped, content.unreadable].flat().length > 0) return content;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const hint = code === 'ENOTDIR' ? 'is not a folder: import the folder that holds it' : `cannot be read (${code})`;
    throw new UserError(`${folder} ${hint}.`);
  }
  throw new UserError(`There are no Markdown files in ${folder}.`);
}

/** Reads the folder only, not the platform. */
function preview({ files, skipped, unreadable }: FolderContent): void {
  const published = files.filter(({ file }) => !file.draft);
  list(
    'would be published',
    published.map(({ path, file }) => ({ path, text: file.post.title })),
  );
  list('would be drafts, which only their author sees', draftsIn(files));
  list('would be skipped', skipped);
  if (unreadable.length > 0) throw new UserError(linesOf('cannot be read', unreadable).join('\n'));
}

async function importContent(importer: PostsImporter, authorId: string, content: FolderContent, isWhole: boolean) {
  const site = siteAt(content.root);
  const files = content.files.map((each) => ({ ...each, authorId }));
  const counts = { added: 0, changed: 0, unchanged: 0 };
  const [remarks, unreadable]: [Note[], Note[]] = [[], [...content.unreadable]];
  const advance = new Progress(true).bar('importing', files.length);
  await importer.importAll(site.id, files, ({ path, file }, result) => {
    if (result instanceof UnreadableFile) unreadable.push({ path, text: result.message });
    else {
      counts[result.outcome]++;
      remarks.push(...file.remarks.map((text) => ({ path, text })));
      for (const link of result.unresolved)
        remarks.push({ path, text: `the link to ${link} leads to no imported file` });
    }
    advance();
  });
  print(`${counts.added} added, ${counts.changed} changed, ${counts.unchanged} unchanged.`);
  const names = new Set([...files, ...content.unreadable].map(({ path }) => nameOf(path)));
  const gone = isWhole ? (await importer.namesIn(site.id, authorId)).filter((name) => !names.has(name)) : [];
  list('imported as drafts, which only their author sees', draftsIn(files));
  list('skipped', content.skipped);
  list('remarks', remarks);
  list(
    'no longer imported, whose posts stay as they are',
    gone.map((path) => ({ path, text: 'delete its post if it should go' })),
  );
  if (unreadable.length > 0) throw new UserError(linesOf('could not be read', unreadable).join('\n'));
}

function draftsIn(files: FolderContent['files']): Note[] {
  return files.flatMap(({ path, file: { draft } }) => (draft ? [{ path, text: draft }] : []));
}

function list(name: string, notes: readonly Note[]): void {
  if (notes.length > 0) print(linesOf(name, notes).join('\n'));
}

/** A file name may contain control characters, for example terminal escape sequences. */
function linesOf(name: string, notes: readonly Note[]): string[] {
  const lines = notes.map(({ path, text }) => `  ${`${path}: ${text}`.replaceAll(/\p{Cc}/gu, '?')}`);
  return [`${notes.length} ${name}:`, ...lines];
}
