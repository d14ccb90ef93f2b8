/** How loud something is. */
export type Tone = 'critical' | 'warning' | 'info' | 'ok' | 'unknown';

/** The tone of a `severity` label. The words people use differ; what we do not know is no alarm colour. */
export function toneOfSeverity(severity: string): Tone {
  if (/^(critical|page|error|fatal|emergency|high)$/i.test(severity)) return 'critical';
  if (/^(warn|warning|medium|ticket)$/i.test(severity)) return 'warning';
  if (/^(info|informational|low|notice)$/i.test(severity)) return 'info';
  return 'unknown';
}
