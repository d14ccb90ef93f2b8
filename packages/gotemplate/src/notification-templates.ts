/**
 * Templates of notifications: files of definitions, and texts of receivers that call them.
 *
 * 1. Files are parsed at loading, the first ones as a base that later ones build on and override by name.
 * 2. A receiver's text (`{{ template "slack.default.title" . }}`) is parsed on its first use and kept.
 * 3. As text it is executed as it is; as HTML each action is escaped for its place first (html/), which is kept too.
 *
 * Templates are an operator's input over foreign data: they reach no file, no network and no clock but the one given
 * here, and they end at limits. Everything is synchronous, so that an execution cannot be overtaken by another.
 */
import { ALERTMANAGER_FUNCTION_NAMES, createAlertmanagerFunctions } from './alertmanager.ts';
import { goNotificationData, type NotificationData } from './alertmanager-data.ts';
import { Interpreter } from './interpreter.ts';
import { type GoZone, loadZone, UTC_ZONE } from './go-zone.ts';
import { escapeTemplate } from './html/escape-template.ts';
import { ESCAPER_FUNCTIONS } from './html/escapers.ts';
import {
  HTML_STEPS_MAX,
  NOTIFICATION_TEMPLATE_LIMITS,
  NOTIFICATION_TEXTS_MAX,
  type TemplateLimits,
  ZONES_MAX,
} from './limits.ts';
import { Meter } from './meter.ts';
import { parseTemplate, type Template } from './parse.ts';
import type { RegexSource } from './regex.ts';
import { CallError, TemplateError } from './template-error.ts';
import type { GoStruct } from './value.ts';

/** A file of definitions; `name` stands in messages about it. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
}

export interface NotificationTemplatesDeps extends RegexSource {
  /** Unix milliseconds; read once for each execution. */
  nowMs(): number;
}

export interface NotificationTemplatesOptions {
  /** Instead of single ones of NOTIFICATION_TEMPLATE_LIMITS. */
  readonly limits?: Partial<TemplateLimits> | undefined;
  /** IANA name of the zone of `now` and `.Local`; UTC without one. */
  readonly timeZone?: string | undefined;
}

/** Throws nothing but `TemplateError`. May be used any number of times. `data` must not be changed after its first use. */
export interface NotificationTemplates {
  /** The text over `data`, as it is: for chat messages and titles. An empty text stays empty. */
  executeText(text: string, data: NotificationData): string;
  /** The text over `data`, each value escaped for the place in HTML where it stands. */
  executeHtml(text: string, data: NotificationData): string;
  /** What is wrong with a receiver's text by its grammar; faults that depend on data show when it is executed. */
  findFault(text: string): TemplateError | undefined;
}

/** One fault for each file that does not parse, in their order; none when `createNotificationTemplates` would succeed. */
export function findTemplateFileFaults(files: readonly TemplateFile[]): readonly TemplateError[] {
  const faults: TemplateError[] = [];
  for (const file of files) {
    const fault = faultOf(() => void parseFile(file, undefined));
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/**
 * Parses all files: definitions of a later file replace those of an earlier one, so that our default texts
 * come first. Throws the first file's `TemplateError`, and one for a time zone that does not exist.
 */
export function createNotificationTemplates(
  deps: NotificationTemplatesDeps,
  files: readonly TemplateFile[],
  options: NotificationTemplatesOptions = {},
): NotificationTemplates {
  let base: Template | undefined;
  for (const file of files) base = parseFile(file, base);
  return new LoadedTemplates(deps, base, options);
}

function parseFile({ name, text }: TemplateFile, base: Template | undefined): Template {
  return parseTemplate(name, text, { functionNames: ALERTMANAGER_FUNCTION_NAMES, base });
}

function faultOf(work: () => void): TemplateError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

class LoadedTemplates implements NotificationTemplates {
  readonly #deps: NotificationTemplatesDeps;
  readonly #base: Template | undefined;
  readonly #limits: TemplateLimits;
  readonly #local: GoZone;
  readonly #texts = new Map<string, Template>();
  readonly #pages = new Map<string, Template>();
  readonly #zones = new Map<string, GoZone>();
  /** A message has many texts over one and the same data, thousands of alerts at times. */
  readonly #dots = new WeakMap<NotificationData, GoStruct>();

  constructor(
    deps: NotificationTemplatesDeps,
    base: Template | undefined,
    { limits, timeZone = 'UTC' }: NotificationTemplatesOptions,
  ) {
    this.#deps = deps;
    this.#base = base;
    this.#limits = { ...NOTIFICATION_TEMPLATE_LIMITS, ...limits };
    this.#local = zoneOf(timeZone);
  }

  executeText(text: string, data: NotificationData): string {
    return text === '' ? '' : this.#execute(this.#text(text), data);
  }

  executeHtml(text: string, data: NotificationData): string {
    if (text === '') return '';
    const page = kept(this.#pages, { name: text, max: NOTIFICATION_TEXTS_MAX }, () => this.#page(text));
    return this.#execute(page, data);
  }

  findFault(text: string): TemplateError | undefined {
    return faultOf(() => void this.#text(text));
  }

  #page(text: string): Template {
    const stepsMax = Math.min(this.#limits.stepsMax, HTML_STEPS_MAX);
    return escapeTemplate(this.#text(text), new Meter({ ...this.#limits, stepsMax }));
  }

  #text(text: string): Template {
    return kept(this.#texts, { name: text, max: NOTIFICATION_TEXTS_MAX }, () =>
      parseFile({ name: '', text }, this.#base),
    );
  }

  #execute(template: Template, data: NotificationData): string {
    const environment = {
      nowMs: this.#deps.nowMs(),
      local: this.#local,
      zoneOf: (name: string) =>
        kept(this.#zones, { name, max: ZONES_MAX }, () => loadZone(name, this.#local)),
      routeLabels: data.routeLabels ?? {},
      compileRegex: (pattern: string) => this.#deps.compileRegex(pattern),
    };
    const functions = new Map([...createAlertmanagerFunctions(environment), ...ESCAPER_FUNCTIONS]);
    const deps = { template, functions, meter: new Meter(this.#limits), answers: [] };
    return new Interpreter(deps, template.name).run(this.#dotOf(data));
  }

  #dotOf(data: NotificationData): GoStruct {
    const known = this.#dots.get(data);
    if (known !== undefined) return known;
    const dot = goNotificationData(data, this.#local);
    this.#dots.set(data, dot);
    return dot;
  }
}

function zoneOf(timeZone: string): GoZone {
  try {
    return loadZone(timeZone, UTC_ZONE);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new TemplateError(
      'parse',
      error.message,
      { templateName: '', line: 1, column: 0 },
      { cause: error },
    );
  }
}

/** When there are too many, all are made again: no honest configuration has so many. */
function kept<T>(
  cache: Map<string, T>,
  key: { readonly name: string; readonly max: number },
  make: () => T,
): T {
  const known = cache.get(key.name);
  if (known !== undefined) return known;
  const made = make();
  if (cache.size >= key.max) cache.clear();
  cache.set(key.name, made);
  return made;
}
