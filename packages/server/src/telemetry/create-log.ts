import { pino, stdSerializers } from 'pino';
import type { Clock } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Log, LogFields } from './log.ts';
import { formatLogfmt } from './logfmt-format.ts';
import { LogThrottle } from './log-throttle.ts';
import { createPrettyFormat } from './pretty-format.ts';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** `json`: one object a line, for collectors. `pretty`: for people. `logfmt`: as Prometheus' programs do. */
  readonly format: 'json' | 'pretty' | 'logfmt';
  /** Lines below it are not written. */
  readonly level: LogLevel;
}

interface LogDeps {
  readonly clock: Clock;
  readonly metrics: MetricsRegistry;
  /** stderr: stdout belongs to answers. Colours are used when it is a terminal and NO_COLOR is not set. */
  readonly stream: NodeJS.WriteStream;
}

/** The log, and `flush`, which reports what throttling still hides; call it last. */
export function createLog(deps: LogDeps, options: LogOptions): { log: Log; flush: () => void } {
  const { clock, stream } = deps;
  const format = formatOf(options.format, stream);
  const logger = pino(
    {
      level: options.level,
      // Neither pid nor host name: the line is written on the machine that the operator looks at.
      base: null,
      timestamp: () => `,"time":"${new Date(clock.nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.errWithCause },
    },
    { write: (line: string) => void stream.write(format === undefined ? line : format(line)) },
  );
  const lines = deps.metrics.counter({
    name: 'vedette_log_lines_total',
    help: 'Log lines written, by level.',
    labelNames: ['level'],
  });
  const dropped = deps.metrics.counter({
    name: 'vedette_log_dropped_lines_total',
    help: 'Warnings and errors not written because they repeat.',
  });
  const write = (level: LogLevel, message: string, fields: LogFields): void => {
    if (!logger.isLevelEnabled(level)) return;
    lines.inc(1, level);
    logger[level](fields, message);
  };
  const throttle = new LogThrottle(deps, (kind, droppedCount) => {
    const { level, area, message } = parseKind(kind);
    dropped.inc(droppedCount);
    write(level, `${message} (${droppedCount} more dropped)`, area === '' ? {} : { area });
  });
  return { log: createChild({ write, throttle, area: '' }), flush: () => throttle.flush() };
}

/** From the JSON line; `undefined` leaves it as it is. */
function formatOf(
  format: LogOptions['format'],
  stream: NodeJS.WriteStream,
): ((line: string) => string) | undefined {
  switch (format) {
    case 'json':
      return undefined;
    case 'pretty':
      return createPrettyFormat(stream);
    case 'logfmt':
      return formatLogfmt;
  }
}

interface Writer {
  readonly write: (level: LogLevel, message: string, fields: LogFields) => void;
  readonly throttle: LogThrottle;
  readonly area: string;
}

function createChild(writer: Writer): Log {
  const { area, throttle } = writer;
  const write = (level: LogLevel, message: string, fields: LogFields = {}): void =>
    writer.write(level, message, area === '' ? fields : { area, ...fields });
  const writeThrottled = (level: 'warn' | 'error', message: string, fields?: LogFields): void => {
    if (throttle.admits(`${level}\n${area}\n${message}`)) write(level, message, fields);
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => writeThrottled('warn', message, fields),
    error: (message, fields) => writeThrottled('error', message, fields),
    child: (name) => createChild({ ...writer, area: area === '' ? name : `${area}.${name}` }),
  };
}

function parseKind(kind: string): { level: 'warn' | 'error'; area: string; message: string } {
  const [level, area = '', ...message] = kind.split('\n');
  return { level: level === 'error' ? 'error' : 'warn', area, message: message.join('\n') };
}
