import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: Readonly<Record<string, Style>> = {
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: ['bold', 'red'],
};

/** What `errWithCause` makes of an error. */
interface SerializedError {
  readonly type?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: SerializedError;
}

/**
 * Turns a JSON line into one for people: `10:59:28.123 WARN  host: message key=value`. The stack is
 * shown below lines of level error alone; elsewhere the messages of the error and its causes suffice.
 */
export function createPrettyFormat(stream: NodeJS.WriteStream): (line: string) => string {
  // styleText looks at the stream and at NO_COLOR and FORCE_COLOR itself.
  const paint = (style: Style, text: string): string => styleText(style, text, { stream });
  return (line) => {
    const { level, time, area, msg, error, ...fields } = JSON.parse(line) as {
      level: string;
      time: string;
      area?: string;
      msg: string;
      error?: unknown;
    };
    const parts = [
      paint('dim', time.slice(11, 23)),
      paint(LEVEL_STYLES[level] ?? 'reset', level.toUpperCase().padEnd(5)),
      area === undefined ? msg : `${paint('cyan', `${area}:`)} ${msg}`,
    ];
    for (const [key, value] of Object.entries(fields))
      parts.push(`${paint('dim', `${key}=`)}${formatField(value)}`);
    if (error === undefined) return `${parts.join(' ')}\n`;
    parts.push(`${paint('dim', 'error=')}${formatField(describeError(error))}`);
    const stack = level === 'error' ? stackOf(error) : '';
    return `${parts.join(' ')}\n${stack}`;
  };
}

/** Bare where that cannot be misread; control characters are always escaped, so that no field can draw on the terminal. */
function formatField(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@%+-]+$/.test(value)) return value;
  return JSON.stringify(value);
}

function describeError(error: unknown): unknown {
  if (!isSerializedError(error)) return error;
  const messages: string[] = [];
  for (let at: SerializedError | undefined = error; at !== undefined; at = at.cause)
    messages.push(at.message ?? at.type ?? '');
  return messages.join(': ');
}

function stackOf(error: unknown): string {
  if (!isSerializedError(error) || error.stack === undefined) return '';
  const lines = error.stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return lines.map((line) => `    ${line.trim()}\n`).join('');
}

function isSerializedError(error: unknown): error is SerializedError {
  return typeof error === 'object' && error !== null && 'message' in error;
}
