import type { LoggerService, LogLevel as NestLevel } from '@nestjs/common';
import { currentCause } from '#events';
import { type DestinationStream, pino } from 'pino';
import { BufferedOutput } from './buffered-output.js';
import { isoTime } from './iso-time.js';
import { readable } from './readable.js';
import { redact } from './redact.js';
import type { AnsweredRequest } from './answered-request.js';
import { fieldsOf } from './request-line.js';
import { traceFields } from '../tracing/trace.js';

/** From the most severe to the most detailed; `silent` writes nothing. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['json', 'readable'] as const;

export interface LogSettings {
  readonly LOG_LEVEL: LogLevel;
  /** If not set: readable in a terminal, JSON elsewhere. */
  readonly LOG_FORMAT?: (typeof logFormats)[number] | undefined;
}

/** Contexts of Nest's startup messages, which are logged at debug level: they are useful only if the startup fails. */
const startupContexts = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

/** Written at once, with all lines before them. */
const immediate: ReadonlySet<LogLevel> = new Set(['fatal', 'error', 'warn']);

/**
 * The log of a process, one line per message, with the id of the current trace and, if it is recorded, that of the span, on
 * standard output (1) or standard error (2). JSON below the level warn is written up to 250 ms later.
 */
export class ProcessLog implements LoggerService {
  private readonly pino: pino.Logger;
  private readonly output: DestinationStream;
  private readonly buffer: BufferedOutput | undefined;

  constructor(
    { LOG_LEVEL: level, LOG_FORMAT: format }: LogSettings,
    private readonly service: string,
    fd: 1 | 2 = 1,
  ) {
    const { isTTY } = fd === 1 ? process.stdout : process.stderr;
    const isJson = (format ?? (isTTY ? 'readable' : 'json')) === 'json';
    this.buffer = isJson ? new BufferedOutput(bytesTo(fd)) : undefined;
    this.output = this.buffer ?? readable(pino.destination({ dest: fd, sync: true }), isTTY);
    this.pino = createPino(level, service, this.output);
  }

  get level(): LogLevel {
    return this.pino.level as LogLevel;
  }

  /** The change is logged, whatever the levels are. */
  changeLevel(level: LogLevel): void {
    const before = this.level;
    this.pino.level = 'warn';
    this.warn(`The level of the log changes from ${before} to ${level}.`, 'log');
    this.pino.level = level;
  }

  /**
   * Holds nothing that a client has sent, so that nothing needs to be removed. Written without pino, which takes a
   * multiple of the time: there is a line for every request.
   */
  request(level: 'info' | 'debug', line: AnsweredRequest): void {
    if (!this.pino.isLevelEnabled(level)) return;
    this.output.write(`{"level":"${level}","time":"${isoTime()}","service":"${this.service}",${fieldsOf(line)}}\n`);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(startupContexts.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  setLogLevels(_levels: NestLevel[]): void {
    // Ignored: LOG_LEVEL, and later `changeLevel`, set the level of the process.
  }

  /** Nest passes the context last, and for errors the stack before it. */
  private write(level: Exclude<LogLevel, 'silent'>, message: unknown, rest: unknown[]): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const context = rest.at(-1);
    const [stack] = rest.length > 1 && typeof rest[0] === 'string' ? [rest[0]] : [];
    const fields = { ...(context ? { context } : {}), ...(stack ? { stack: redact(stack) } : {}) };
    this.pino[level](fields, redact(String(message)));
    if (immediate.has(level)) this.buffer?.flush();
  }
}

function traceOfCause() {
  const traceparent = currentCause()?.traceparent;
  return traceparent ? traceFields(traceparent) : {};
}

function createPino(level: LogLevel, service: string, stream: DestinationStream): pino.Logger {
  const options = {
    level,
    base: { service },
    timestamp: () => `,"time":"${isoTime()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: traceOfCause,
  };
  return pino(options, stream);
}

/** Retries while what reads the descriptor is slower, and ignores that it has gone. */
function bytesTo(fd: 1 | 2): { write(bytes: Uint8Array): void } {
  const output = pino.destination({ dest: fd, sync: true, contentMode: 'buffer' });
  // In this mode it writes bytes, which its type does not say.
  return { write: (bytes) => void output.write(bytes as unknown as string) };
}
