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
      const line = [
        ...(context ? [`${context}:`] : []),
        msg,
        ...(details.length > 0 ? [colors.gray(details.join(' '))] : []),
      ];
      return `${line.join(' ')}${stack ? `\n${stack}` : ''}`;
    },
  });
  return { write: (line) => output.write(format(line)) };
}
