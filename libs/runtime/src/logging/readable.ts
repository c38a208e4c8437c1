import type { DestinationStream } from 'pino';
import { isColorSupported, prettyFactory } from 'pino-pretty';

/**
 * Writes each line for people: time, level, context, message and trace id. Colours in a terminal, unless NO_COLOR is set.
 */
export function readable(output: DestinationStream, isTerminal: boolean): DestinationStream {
  const format = prettyFactory({
    colorize: isTerminal && isColorSupported && !process.env['NO_COLOR'],
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'service',
    hideObject: true,
    messageFormat: (fields, _key, _label, { colors }) => {
      const { context, msg, account, traceId, stack } = fields as Readonly<Record<string, string | undefined>>;
      const details = [...(account ? [`account=${account}`] : []), ...(traceId ? [`trace=${traceId}`] : [])];
      const text = visible(`${context ? `${context}: ` : ''}${msg}`.replaceAll('\n', '\\n'));
      const line = details.length > 0 ? `${text} ${colors.gray(details.join(' '))}` : text;
      return stack ? `${line}\n${visible(stack)}` : line;
    },
  });
  return { write: (line) => output.write(format(line)) };
}

/** What an error quotes must not control the terminal. */
function visible(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\0-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  );
}
