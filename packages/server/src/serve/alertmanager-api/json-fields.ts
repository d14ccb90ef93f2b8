/** Reads fields of a posted object, with the faults that Alertmanager's decoder and schema name. */
import { isZeroTime, parseRfc3339, type AlertTime } from '../../alert/index.ts';
import { required, unreadable, wrongFormat } from './api-answer.ts';

export interface JsonFieldsOptions {
  /** What messages call the body: `alerts`, `silence`. */
  readonly name: string;
  /** The place that the schema's messages name: `0`, `matchers.1`; nothing for the body itself. */
  readonly place?: string;
  /** Go's name of a field, as the decoder's messages have it: `Alert.labels`, `.startsAt`. */
  readonly goNameOf: (key: string) => string;
}

export class JsonFields {
  readonly #options: JsonFieldsOptions;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** A value that must be an object; null counts as an empty one, as in Go. Throws `SchemaFault`. */
  constructor(value: unknown, options: JsonFieldsOptions, into: string) {
    if (value !== null && (typeof value !== 'object' || Array.isArray(value)))
      throw unreadable(options.name, `json: cannot unmarshal ${kindOf(value)} into Go ${into}`);
    this.#options = options;
    this.#fields = (value ?? {}) as Record<string, unknown>;
  }

  /** `undefined` when absent or null. */
  text(key: string): string | undefined {
    return this.#typed(key, 'string') as string | undefined;
  }

  requiredText(key: string): string {
    return this.text(key) ?? this.#missing(key);
  }

  boolean(key: string): boolean | undefined {
    return this.#typed(key, 'boolean') as boolean | undefined;
  }

  requiredBoolean(key: string): boolean {
    return this.boolean(key) ?? this.#missing(key);
  }

  /** Names to texts; null is the empty text. */
  textMap(key: string): readonly (readonly [string, string])[] | undefined {
    const value = this.#valueOf(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#wrongKind(key, value, 'models.LabelSet');
    return Object.entries(value as Readonly<Record<string, unknown>>).map(([name, text]) => {
      if (text !== null && typeof text !== 'string') return this.#wrongKind(key, text, 'string');
      return [name, text ?? ''];
    });
  }

  requiredTextMap(key: string): readonly (readonly [string, string])[] {
    return this.textMap(key) ?? this.#missing(key);
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.#valueOf(key);
    if (value === undefined || Array.isArray(value)) return value;
    return this.#wrongKind(key, value, 'models.Matchers');
  }

  /** RFC 3339; `undefined` also for Go's zero time. */
  time(key: string): AlertTime | undefined {
    const text = this.text(key);
    if (text === undefined || text === '') return undefined;
    const time = parseRfc3339(text);
    if (time === undefined)
      throw unreadable(
        this.#options.name,
        `parsing time ${JSON.stringify(text)} as "2006-01-02 15:04:05": cannot parse ${JSON.stringify(text)} as "2006"`,
      );
    return isZeroTime(time) ? undefined : time;
  }

  uri(key: string): string | undefined {
    const text = this.text(key);
    if (text === undefined || text === '' || URL.canParse(text)) return text;
    throw wrongFormat(this.#pathOf(key), 'body', 'uri', text);
  }

  #typed(key: string, type: 'string' | 'boolean'): unknown {
    const value = this.#valueOf(key);
    if (value === undefined || typeof value === type) return value;
    return this.#wrongKind(key, value, type === 'boolean' ? 'bool' : type);
  }

  #valueOf(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? (this.#fields[key] ?? undefined) : undefined;
  }

  #missing(key: string): never {
    throw required(this.#pathOf(key));
  }

  #wrongKind(key: string, value: unknown, wanted: string): never {
    const { name, goNameOf } = this.#options;
    throw unreadable(
      name,
      `json: cannot unmarshal ${kindOf(value)} into Go struct field ${goNameOf(key)} of type ${wanted}`,
    );
  }

  #pathOf(key: string): string {
    const { place } = this.#options;
    return place === undefined ? key : `${place}.${key}`;
  }
}

/** Go's word for the kind of a JSON value. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
