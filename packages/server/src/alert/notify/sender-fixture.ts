/** For tests of channels: what senders are given, with our default texts. */
import { createNotificationTemplates, type TemplateFile } from '@vedette/gotemplate';
import { VirtualClock } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { compileTemplateRegex } from '../../lib/re2-template-regex.ts';
import type { Log } from '../../telemetry/log.ts';
import { DEFAULT_TEMPLATES } from '../templates/default-templates.ts';
import type { SenderDeps } from './sender.ts';

const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** `clock` stands at 2023-11-14T22:13:20Z, as those of `receiver.contract.ts` do. */
export function senderDeps(
  more: { readonly clock?: VirtualClock; readonly templates?: readonly TemplateFile[] } = {},
): SenderDeps & { readonly clock: VirtualClock } {
  const clock = more.clock ?? new VirtualClock({ startMs: 1_700_000_000_000 });
  const source = { nowMs: () => clock.nowMs(), compileRegex: compileTemplateRegex };
  return {
    clock,
    files: new DiskFiles(),
    log: silentLog,
    version: '0.1.0',
    externalUrl: 'http://vedette.test',
    push: () => Promise.reject(new Error('there are no devices here')),
    guard: () => Promise.reject(new Error('there is no guard here')),
    templates: createNotificationTemplates(source, [...DEFAULT_TEMPLATES, ...(more.templates ?? [])]),
  };
}
