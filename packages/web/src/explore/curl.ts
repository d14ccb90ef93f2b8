/** The command that asks the server the same. Times are in seconds, as Prometheus reads them. */
export function curlOf(
  origin: string,
  query: { readonly expr: string; readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): string {
  const parameters = [
    `query=${query.expr}`,
    `start=${Math.round(query.fromMs / 1000)}`,
    `end=${Math.round(query.toMs / 1000)}`,
    `step=${query.stepMs / 1000}`,
  ];
  const flags = parameters.map((parameter) => `--data-urlencode ${shellQuoted(parameter)}`);
  return [`curl -sS ${shellQuoted(`${origin}/api/v1/query_range`)}`, ...flags].join(' \\\n  ');
}

/** One word of a POSIX shell, whatever is in it. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
