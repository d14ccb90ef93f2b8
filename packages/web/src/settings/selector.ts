/** The PromQL selector of a job and a metric, either of which may be empty; `undefined` when both are. */
export function selectorOf({
  job,
  metric,
}: {
  readonly job: string;
  readonly metric: string;
}): string | undefined {
  const matchers = job === '' ? [] : [`job=${JSON.stringify(job)}`];
  if (metric === '') return matchers.length === 0 ? undefined : `{${matchers.join(',')}}`;
  // A name of any characters is written among the matchers, in quotes.
  if (!/^[a-zA-Z_:][\w:]*$/.test(metric)) return `{${[JSON.stringify(metric), ...matchers].join(',')}}`;
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`;
}
