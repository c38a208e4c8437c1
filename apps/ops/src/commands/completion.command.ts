import { packageRoot } from '#database';
import { Argument, type Command } from 'commander';
import { print } from '../output.js';

/** Needs no database. Prints what a shell reads at its start. */
export function completion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .description('prints a script that adds the command ops, with completion, to a shell')
    .addHelpText('after', '\nAdd it with:  source <(npm run -s ops -- completion bash)')
    .action((shell: 'bash' | 'zsh') => print(scriptFor(shell, program, packageRoot())));
}

/** In zsh, the completion of bash works with `bashcompinit`, but `path` is a name of its own there. Where no words are known, the shell completes file names. */
export function scriptFor(shell: 'bash' | 'zsh', program: Command, root: string): string {
  const commands = wordsOf(program, '');
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return [
    ...(shell === 'zsh' ? ['autoload -Uz compinit bashcompinit && compinit && bashcompinit'] : []),
    `ops() { npm --prefix ${quoted(root)} run -s ops -- "$@"; }`,
    '_ops() {',
    "  local command='' candidates='' options='' word",
    '  for word in "${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do',
    '    case "$command $word" in',
    `      ${paths.join('|')}) command="$command $word" ;;`,
    '    esac',
    '  done',
    '  case "$command" in',
    ...commands.map(
      ({ path, words, options }) => `    '${path}') candidates='${words.join(' ')}' options='${options.join(' ')}' ;;`,
    ),
    '  esac',
    '  if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then candidates=$options; fi',
    '  COMPREPLY=($(compgen -W "$candidates" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _ops ops',
  ].join('\n');
}

interface Words {
  /** Of the command, with a space before each word. */
  readonly path: string;
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** What may follow a command, and each command below it: subcommands, the choices of its parameters, and options. */
function wordsOf(command: Command, path: string): Words[] {
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const words = [...command.commands.map((each) => each.name()), ...choices];
  const options = [...command.options.flatMap(({ long }) => long ?? []), '--help'];
  return [{ path, words, options }, ...command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`))];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
