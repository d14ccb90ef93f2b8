/** One sentence: what happens, where, how bad, since when. */
import type { AnalysisSeverity } from '@vedette/api';
import { labelValueOf } from '@vedette/model';
import { valuesOf } from './blast-radius.ts';
import type { Change } from './change.ts';
import { INSTANCE_LABELS, SERVICE_LABELS } from './identity.ts';
import { nameOf, type AnalysedSubject } from './subject.ts';
import { clip, counted, shownSpan } from './words.ts';

// The headline is one line of a chat.
const NAME_CHARS_MAX = 120;

export function headlineOf(found: {
  readonly subject: AnalysedSubject;
  readonly severity: AnalysisSeverity;
  readonly change: Change | undefined;
  readonly atMs: number;
}): string {
  const { subject, severity, change, atMs } = found;
  const { alerts, startsAtMs, isFiring } = subject;
  const many = alerts.length > 1 ? `${counted(alerts.length, 'alert')}, ` : '';
  const name = clip(nameOf(subject), NAME_CHARS_MAX);
  const where = placeOf(subject);
  const since = isFiring ? `for ${shownSpan(atMs - startsAtMs)}` : 'resolved';
  const what = change === undefined ? '' : `: ${valueName(subject, change)} ${change.brief}`;
  return `${severity.priority}: ${many}${name}${where}, ${since}${what}`;
}

function placeOf(subject: AnalysedSubject): string {
  const { labels, first, alerts } = subject;
  const own = alerts.length > 1 ? labels : first.labels;
  for (const name of [...INSTANCE_LABELS, ...SERVICE_LABELS, 'job', 'namespace']) {
    const value = labelValueOf(own, name);
    if (value !== '') return ` on ${clip(value, NAME_CHARS_MAX)}`;
  }
  const instances = valuesOf({ subject }, INSTANCE_LABELS);
  if (instances.length > 1) return ` on ${counted(instances.length, 'instance')}`;
  const services = valuesOf({ subject }, SERVICE_LABELS);
  return services.length > 1 ? ` in ${counted(services.length, 'service')}` : '';
}

/** Expressions are long; what they are about stands beside. */
function valueName({ expr }: AnalysedSubject, { report }: Change): string {
  const name = /^\s*([a-zA-Z_:][\w:]*)\s*(\{[^{}]*\})?\s*(==|!=|<|>|<=|>=|$)/.exec(expr ?? '')?.[1];
  if (name !== undefined) return clip(name, NAME_CHARS_MAX);
  return report.now === null ? 'it' : 'its value';
}
