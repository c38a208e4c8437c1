import type { LoggerService, LogLevel } from '@nestjs/common';
import { currentCause } from '#events';
import { isTracing } from '#telemetry';
import { pino } from 'pino';
import { spanIdIn, traceIdIn } from '../tracing/trace.js';

/** Contexts of Nest's startup messages, which are logged at debug level: they are useful only if the startup fails. */
const startupContexts = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

export type PinoLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Writes one JSON object per line, with the ids of the current trace and span, to standard output (1) or standard error (2). */
export function createLogger(level: PinoLevel, service: string, dest: 1 | 2 = 1): StructuredLogger {
  const stream = pino.destination({ dest, sync: true });
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const traceparent = currentCause()?.traceparent;
      if (!traceparent) return {};
      return { traceId: traceIdIn(traceparent), ...(isTracing() ? { spanId: spanIdIn(traceparent) } : {}) };
    },
  };
  return new StructuredLogger(pino(options, stream));
}

/** Nest's logger interface on pino, for Nest itself and for every `new Logger(context)` in the code. */
class StructuredLogger implements LoggerService {
  constructor(readonly pino: pino.Logger) {}

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

  setLogLevels(_levels: LogLevel[]): void {
    // Ignored: LOG_LEVEL sets the level of the process.
  }

  /** Nest passes the context last, and for errors the stack before it. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    this.pino[level]({ ...(context ? { context } : {}), ...(stack ? { stack } : {}) }, String(message));
  }
}
