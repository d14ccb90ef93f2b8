/**
 * The kinds of values in an Alertmanager configuration, each a schema that reads what Alertmanager reads and
 * knows how the value is printed again.
 *
 * 1. In a file, every scalar arrives as the text that was written: `0123` is a fine password there, and a
 *    YAML reader that makes a number of it loses the zero. The field says what the text means: `yes` is a
 *    boolean where one is wanted. Inline in vedette.yml scalars arrive as YAML reads them.
 * 2. An empty value is one that is not set, everywhere; null is left out before the schemas are asked.
 * 3. Printing follows Alertmanager: keys in the order of its structures, most of them only when set.
 */
import { formatDurationMs } from '@vedette/model';
import { z } from 'zod';
import { durationMs } from '../../lib/schema.ts';
import { Secret } from '../../lib/secret.ts';
import { formatGoDuration, parseGoDurationMs } from './go-duration.ts';

/** What the printer and the resolver of paths need to know of a field. */
export interface FieldTraits {
  /** How a value is printed; as it is, otherwise. */
  readonly print?: ((value: unknown) => unknown) | undefined;
  /** Printed also when empty or false. */
  readonly isShown?: boolean | undefined;
  /** Names a file, relative to the folder of the configuration. */
  readonly isFile?: boolean | undefined;
}

/** Schemas derived from a registered one inherit its traits. */
export const fieldTraits = z.registry<FieldTraits>();

/** The kinds, as one vocabulary. */
export const fields = {
  text,
  secretText,
  url,
  secretUrl,
  hostPort,
  flag,
  optionalFlag,
  whole,
  duration,
  goDuration,
  textMap,
  fileName,
  anything,
  shown,
  printedAs,
  findUrlFault,
  withoutPassword,
};

const TEXT_WANTED = 'must be a text; put quotes around it';

/** Empty when not set. */
function text(preset = '') {
  return z.string({ error: TEXT_WANTED }).default(preset);
}

/** Printed as `<secret>`. */
function secretText() {
  const schema = z
    .string({ error: TEXT_WANTED })
    .transform((written) => (written === '' ? undefined : new Secret(written)))
    .optional();
  return register(schema, { print: String });
}

/** An http or https address; printed without its password. */
function url() {
  return register(z.string({ error: TEXT_WANTED }).check(checkUrl).optional(), { print: withoutPassword });
}

/** An address that is a secret by itself, as those of incoming webhooks are. */
function secretUrl() {
  const schema = z
    .string({ error: TEXT_WANTED })
    // What the API shows can be read again: amtool does so.
    .check((context) => (context.value === HIDDEN ? undefined : checkUrl(context)))
    .transform((written) => new Secret(written))
    .optional();
  return register(schema, { print: String });
}

const HIDDEN = '<secret>';

function checkUrl({ value, issues }: z.core.ParsePayload<string>): void {
  const fault = findUrlFault(value);
  // Not the address itself: it may be a secret.
  if (fault !== undefined) issues.push({ code: 'custom', input: undefined, message: fault });
}

function findUrlFault(address: string): string | undefined {
  const [, scheme, authority] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?/.exec(address) ?? [];
  if (scheme?.toLowerCase() !== 'http' && scheme?.toLowerCase() !== 'https')
    return `unsupported scheme ${JSON.stringify(scheme ?? '')} for URL`;
  if (authority === undefined || authority.replace(/^.*@/, '') === '') return 'missing host for URL';
  return URL.canParse(address) ? undefined : 'cannot be understood as an address';
}

/** Go's form: the password of an address is five letters x. */
function withoutPassword(address: unknown): string {
  return String(address).replace(/(\/\/[^\s/?#:@]*:)[^\s/?#@]+(?=@)/g, '$1xxxxx');
}

/** `host:port`; empty when not set. */
function hostPort() {
  return text().check(({ value, issues }) => {
    const fault = value === '' ? undefined : findHostPortFault(value);
    if (fault !== undefined) issues.push({ code: 'custom', input: value, message: fault });
  });
}

function findHostPortFault(value: string): string | undefined {
  const match = /^(?:\[[^\]]*\]|[^:]*)(?::([^:]*))?$/.exec(value);
  if (match === null) return `address ${value}: too many colons in address`;
  if (match[1] === undefined) return `address ${value}: missing port in address`;
  return match[1] === '' ? `address ${JSON.stringify(value)}: port cannot be empty` : undefined;
}

const TRUE = /^(?:y|yes|true|on)$/i;
const FALSE = /^(?:n|no|false|off)$/i;

const written = z.union([z.boolean(), z.string()], 'must be true or false').transform((value, context) => {
  if (typeof value === 'boolean') return value;
  if (TRUE.test(value)) return true;
  if (FALSE.test(value)) return false;
  context.addIssue({ code: 'custom', message: `must be true or false; got ${JSON.stringify(value)}` });
  return z.NEVER;
});

function flag(preset: boolean) {
  return written.default(preset);
}

/** Undefined when not set; printed when set. */
function optionalFlag() {
  return shown(written.optional());
}

/** A whole number, 0 when not set and no other preset is given. */
function whole({ min, preset = 0 }: { readonly min: number; readonly preset?: number }) {
  return z
    .union([z.number(), z.string()], 'must be a whole number')
    .transform((value, context) => {
      const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value;
      if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min) return number;
      const positive = min > 0 ? `a whole number from ${min} on` : 'a whole number';
      const want = min === 0 ? 'a whole number, not negative' : positive;
      context.addIssue({ code: 'custom', message: `must be ${want}; got ${JSON.stringify(value)}` });
      return z.NEVER;
    })
    .default(preset);
}

/** Prometheus' notation, `1h30m`; ms. */
function duration() {
  return register(durationMs.optional(), { print: (ms) => formatDurationMs(Number(ms)) });
}

/** Go's notation, `1.5h`, `1m0s`; ms. */
function goDuration(preset: string) {
  const schema = z
    .string({ error: 'must be a duration such as 30s or 5m' })
    .transform((value, context) => {
      const ms = parseGoDurationMs(value);
      if (ms !== undefined) return ms;
      context.addIssue({
        code: 'custom',
        message: `must be a duration such as 30s or 1m30s; got ${JSON.stringify(value)}`,
      });
      return z.NEVER;
    })
    .prefault(preset);
  return register(schema, { print: (ms) => formatGoDuration(Number(ms)) });
}

function textMap() {
  return z.record(z.string(), z.string({ error: TEXT_WANTED })).default({});
}

/** Of a file; made absolute when the configuration is resolved. Empty when not set. */
function fileName() {
  return register(text(), { isFile: true });
}

/** Somebody else's structure, handed on as it stands. */
function anything() {
  return z.unknown().optional();
}

/** Prints the field also when it is empty or false. */
function shown<T extends z.ZodType>(schema: T): T {
  return register(schema, { isShown: true });
}

function printedAs<T extends z.ZodType>(schema: T, print: (value: z.output<T>) => unknown): T {
  return register(schema, { print: print as (value: unknown) => unknown });
}

function register<T extends z.ZodType>(schema: T, traits: FieldTraits): T {
  fieldTraits.add(schema, { ...fieldTraits.get(schema), ...traits });
  return schema;
}
