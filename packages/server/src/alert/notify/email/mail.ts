/**
 * The mail about one notification: who gets it, its headers, its body.
 *
 * 1. Who gets it: `to`, or the entry of `to_by_severity` for the worst severity in the message. Resolved
 *    alerts count as well: who was told of a critical alert hears of its end. Headers change what is shown
 *    and never who gets it, as with Alertmanager; Bcc is not shown.
 * 2. Headers come from templates over labels, so from strangers: line ends and other controls become blanks,
 *    addresses are parsed and written anew, what is not ASCII is encoded.
 * 3. Body: HTML and text as alternatives. Alertmanager's default has HTML alone. Where the HTML is the
 *    default as well, our text that says the same is put beside it; beside HTML of one's own it is not,
 *    since it might tell what was left out there.
 * 4. The id of the notification is the Message-ID: a mail that is sent once more after a crash is the same
 *    one to mail programs. The root of a thread follows from the group, in Alertmanager's form: a thread
 *    goes on when Vedette takes its place.
 * 5. A prepared message keeps recipients and threads; its subject and body are its own.
 */
import { createHash } from 'node:crypto';
import { TemplateError } from '@vedette/gotemplate';
import type { MailComposerOptions } from 'nodemailer/lib/mail-composer';
import { named } from '../../config/integration.ts';
import { cutToBytes, cutToChars } from '../cut-text.ts';
import type { Notification } from '../receiver.ts';
import type { SenderDeps } from '../sender.ts';
import { findWorstSeverity } from '../severity.ts';
import { notificationTexts, TemplateFault, type NotificationTexts } from '../texts.ts';
import type { EmailConfig } from './config.ts';

export interface Mail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** The whole message as it goes over the wire. */
  readonly bytes: Buffer;
}

/** Servers take 10 MB and more; a page beyond this is read by nobody, and the text alone says enough. */
const MAIL_BYTES_MAX = 4 * 1024 * 1024;

/** Of a text that stands in for a mail that is too large. */
const SHORT_TEXT_BYTES_MAX = 64 * 1024;

/** A line has 998 characters at most, and a word without blanks cannot be folded (RFC 5322, 2.1.1). */
const HEADER_CHARS_MAX = 900;

/** Every server takes 100 (RFC 5321, 4.5.3.1.8), most take 1000; lists of people belong into a mailing list. */
const RECIPIENTS_MAX = 1000;

export async function composeMail(
  deps: SenderDeps,
  config: EmailConfig,
  notification: Notification,
): Promise<Mail> {
  const texts = notificationTexts(deps, notification);
  const recipients = recipientsTemplateOf(config, notification);
  const envelope = {
    from: (await addressesOf(texts, config.from, 'from'))[0] ?? '',
    to: await addressesOf(texts, recipients.template, recipients.key),
  };
  const headers = headersOf({ deps, config, notification, texts, envelope, recipients });
  const body = preparedBody(notification) ?? findBody(config, texts);
  const bytes = body && (await encode(headers, body, notification.id));
  if (bytes !== undefined && bytes.length <= MAIL_BYTES_MAX) return { envelope, bytes };
  const short = { text: shortTextOf(texts), html: undefined };
  return { envelope, bytes: await encode(headers, short, notification.id) };
}

interface Recipients {
  readonly template: string;
  /** For errors. */
  readonly key: string;
}

function recipientsTemplateOf({ to, to_by_severity }: EmailConfig, { alerts }: Notification): Recipients {
  const worst = findWorstSeverity(alerts);
  const template = worst === undefined ? '' : (to_by_severity?.[worst] ?? '');
  return template === '' ? { template: to, key: 'to' } : { template, key: `to_by_severity.${worst}` };
}

async function addressesOf(
  texts: NotificationTexts,
  template: string,
  key: string,
): Promise<readonly string[]> {
  const { default: parse } = await import('nodemailer/lib/addressparser');
  const filled = withoutControls(texts.text(template, `email_configs.${key}`));
  // What has no "@" is taken for a name.
  const addresses = parse(filled, { flatten: true }).map(({ address, name }) => address || name);
  const refuse = (reason: string): never => {
    throw new TemplateFault(`cannot use email_configs.${key}: ${reason}`);
  };
  const wrong = addresses.find((address) => !/^[^\s<>()[\]\\,;:"@]+@[^\s<>()\\,;"@]+$/.test(address));
  if (wrong !== undefined) refuse(`${JSON.stringify(cutToChars(wrong, 100))} is not an address`);
  if (addresses.length === 0) refuse('got no address');
  if (key === 'from' && addresses.length > 1) refuse(`got ${addresses.length} addresses, want one`);
  if (addresses.length > RECIPIENTS_MAX)
    refuse(`got ${addresses.length} addresses, want at most ${RECIPIENTS_MAX}`);
  return [...new Set(addresses)];
}

interface HeaderSource {
  readonly deps: SenderDeps;
  readonly config: EmailConfig;
  readonly notification: Notification;
  readonly texts: NotificationTexts;
  readonly envelope: Mail['envelope'];
  readonly recipients: Recipients;
}

/** Written by the library as it needs them; one's own would contradict them. */
const STRUCTURAL = new Set(['Content-Type', 'Content-Transfer-Encoding', 'Mime-Version', 'Bcc']);

/** Keeps holiday notices from answering. */
const NO_ANSWER = { 'Auto-Submitted': 'auto-generated' };

const ADDRESSES = { From: 'from', To: 'to', Cc: 'cc', Sender: 'sender', 'Reply-To': 'replyTo' } as const;

function headersOf(source: HeaderSource): MailComposerOptions {
  const { deps, config, notification, texts, envelope, recipients } = source;
  const options: MailComposerOptions = {
    date: new Date(deps.clock.nowMs()),
    messageId: messageIdOf(notification.id, envelope.from),
    ...threadOf(config, notification, deps.clock.nowMs()),
  };
  const others: { key: string; value: string }[] = [];
  for (const [name, written] of Object.entries({ ...NO_ANSWER, ...config.headers })) {
    if (STRUCTURAL.has(name)) continue;
    // What it inherited: the recipients that `to_by_severity` chose.
    const template = name === 'To' && written === config.to ? recipients.template : written;
    const value = withoutControls(texts.text(template, `email_configs.headers.${name}`)).trim();
    if (value === '') continue;
    if (isAddressHeader(name)) options[ADDRESSES[name]] = value;
    else if (name === 'Subject')
      options.subject = cutToChars(
        notification.prepared === undefined ? value : withoutControls(notification.prepared.title),
        HEADER_CHARS_MAX,
      );
    else if (name === 'Message-Id') options.messageId = value;
    else others.push({ key: headerNameOf(name), value: cutToChars(value, HEADER_CHARS_MAX) });
  }
  return { ...options, headers: others };
}

function isAddressHeader(name: string): name is keyof typeof ADDRESSES {
  return Object.hasOwn(ADDRESSES, name);
}

function headerNameOf(name: string): string {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return name;
  throw new TemplateFault(`cannot use email_configs.headers: ${JSON.stringify(name)} is no name of a header`);
}

function messageIdOf(id: string, from: string): string {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const host = /^[\w.-]+$/.test(domain) ? domain : 'vedette';
  return `<${id.replaceAll(/[^\w.-]/g, '-')}@${host}>`;
}

function threadOf(
  { threading }: EmailConfig,
  { groupKey }: Notification,
  nowMs: number,
): MailComposerOptions {
  if (!threading.enabled) return {};
  const group = createHash('sha256').update(groupKey).digest('hex').slice(0, 16);
  const day = threading.thread_by_date === 'daily' ? new Date(nowMs).toISOString().slice(0, 10) : '';
  const root = `<alert-${group}-${day}@alertmanager>`;
  return { references: root, inReplyTo: root };
}

interface Body {
  readonly text: string | undefined;
  readonly html: string | undefined;
}

/** Its text is laid out in columns, so HTML shows it as it stands. */
function preparedBody({ prepared }: Notification): Body | undefined {
  if (prepared === undefined) return undefined;
  const escaped = prepared.text.replaceAll(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return {
    text: prepared.text,
    html: `<!DOCTYPE html><html><body><pre style="font-size:13px;white-space:pre-wrap">${escaped}</pre></body></html>`,
  };
}

/** Undefined when its texts are longer than templates may be: the news must not be lost for its length. */
function findBody(config: EmailConfig, texts: NotificationTexts): Body | undefined {
  try {
    return bodyOf(config, texts);
  } catch (error) {
    if (isLimit(error)) return undefined;
    throw error;
  }
}

function isLimit(error: unknown): boolean {
  return (
    error instanceof TemplateFault && error.cause instanceof TemplateError && error.cause.reason === 'limit'
  );
}

function bodyOf({ html, text }: EmailConfig, texts: NotificationTexts): Body {
  const isDefault = html === '' || html === named('email.default.html');
  const own = text === '' ? undefined : texts.text(text, 'email_configs.text');
  return {
    text: own ?? (isDefault ? defaultTextOf(texts) : undefined),
    html: html === '' ? undefined : texts.html(html, 'email_configs.html'),
  };
}

/** In place of a body that is too large: its beginning as text, and where the rest is. */
function shortTextOf(texts: NotificationTexts): string {
  const fill = (name: string): string => texts.text(named(name), 'email_configs.text');
  const { alerts } = texts.data;
  let beginning: string;
  try {
    beginning = defaultTextOf(texts);
  } catch (error) {
    if (!isLimit(error)) throw error;
    beginning = `${cutToChars(fill('__subject'), HEADER_CHARS_MAX)}\n`;
  }
  const note = `This mail about ${alerts.length} alerts is too large and was cut. All of them: ${fill('__alertmanagerURL')}`;
  return `${cutToBytes(beginning, SHORT_TEXT_BYTES_MAX)}\n\n${note}\n`;
}

function defaultTextOf(texts: NotificationTexts): string {
  return texts.text(named('email.default.text'), 'email_configs.text');
}

async function encode(headers: MailComposerOptions, { text, html }: Body, id: string): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const composer = new MailComposer({
    ...headers,
    ...(text === undefined ? {} : { text: withoutNul(text) }),
    ...(html === undefined ? {} : { html: withoutNul(html) }),
    encoding: 'quoted-printable',
    newline: 'win',
    // The same notification is the same mail, byte for byte.
    baseBoundary: id.replaceAll(/[^\w-]/g, '-'),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
}

/** No line ends: they would begin another header. */
function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- These characters are what it is about.
  return text.replaceAll(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ');
}

/** Servers refuse it (RFC 5322, 3.5). */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}
