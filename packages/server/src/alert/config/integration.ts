import { fields } from './fields.ts';
import { httpConfig } from './http-config.ts';

/** Of every integration. */
export function sendResolved(preset: boolean) {
  return {
    send_resolved: fields.shown(fields.flag(preset)).describe('Whether resolved alerts are sent, too.'),
  };
}

/** Of every integration that speaks HTTP. */
export function httpShape(preset: { readonly sendResolved: boolean }) {
  return {
    ...sendResolved(preset.sendResolved),
    http_config: httpConfig.optional().describe("How HTTP is spoken; global's when absent."),
  };
}

/** A text that is a Go template; the default names a template of the usual name. */
export function template(preset = '') {
  return fields.text(preset);
}

/** `{{ template "slack.default.title" . }}`. */
export function named(name: string): string {
  return `{{ template "${name}" . }}`;
}

/** Longest wait for one attempt; 0 leaves it to the group. */
export function attemptTimeout() {
  return fields
    .shown(fields.goDuration('0s'))
    .describe('Time limit of one attempt; 0s leaves it to the deadline of the group.');
}

/** An incoming webhook's address, inline or in a file. */
export function webhookUrlShape() {
  return {
    webhook_url: fields.secretUrl().describe('Where to send; kept like a secret.'),
    webhook_url_file: fields.fileName().describe('File with the address.'),
  };
}
