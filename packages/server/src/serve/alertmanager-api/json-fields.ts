/** Reads fields of a posted object, with the faults that Alertmanager's decoder and schema name. */
import { isZeroTime, parseRfc3339 } from '../../alert/index.ts';
import { required, unreadable, wrongFormat } from './api-answer.ts';

export interface PostedTime {
  readonly ms: number;
  /** Go's spelling of it: nanoseconds stay, trailing zeros go. */
  readonly text: string;
}

/** A posted object, with the place that messages name: `0`, `matchers.1`, or nothing for the whole body. */
export class JsonFields {
  readonly #name: string;
  readonly #place: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(name: string, value: unknown, place = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw unreadable(name, `json: cannot unmarshal ${kindOf(value)} into Go value of type models.${name}`);
    this.#name = name;
    this.#place = place;
    this.#fields = value as Record<string, unknown>;
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

  /** Names to texts. */
  textMap(key: string): Readonly<Record<string, string>> | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return this.#wrongKind(key, value, 'LabelSet');
    for (const text of Object.values(value))
      if (typeof text !== 'string') this.#wrongKind(key, text, 'string');
    return value as Record<string, string>;
  }

  requiredTextMap(key: string): Readonly<Record<string, string>> {
    return this.textMap(key) ?? this.#missing(key);
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value === undefined || Array.isArray(value)) return value;
    return this.#wrongKind(key, value, 'Matchers');
  }

  /** RFC 3339; `undefined` also for Go's zero time. */
  time(key: string): PostedTime | undefined {
    const text = this.text(key);
    if (text === undefined || text === '') return undefined;
    const time = parseRfc3339(text);
    if (time === undefined)
      throw unreadable(
        this.#name,
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
    const value = this.#fields[key] ?? undefined;
    if (value === undefined || typeof value === type) return value;
    return this.#wrongKind(key, value, type === 'boolean' ? 'bool' : type);
  }

  #missing(key: string): never {
    throw required(this.#pathOf(key));
  }

  #wrongKind(key: string, value: unknown, wanted: string): never {
    const struct = this.#name === 'alerts' ? 'Alert' : 'Silence';
    throw unreadable(
      this.#name,
      `json: cannot unmarshal ${kindOf(value)} into Go struct field ${struct}.${key} of type ${wanted}`,
    );
  }

  #pathOf(key: string): string {
    return this.#place === '' ? key : `${this.#place}.${key}`;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
