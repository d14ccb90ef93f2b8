import type { Manifest } from '../../store/backup/manifest.ts';

/** What a backup holds, for people: the lines behind `wrote`, `restored` and `is sound`. */
export function printBackup({ createdAt, vedetteVersion, source, files, content }: Manifest): string {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { blocks, samples, logSamples, series, fromMs, untilMs } = content;
  const range =
    fromMs === undefined || untilMs === undefined
      ? 'none'
      : `${new Date(fromMs).toISOString()} to ${new Date(untilMs).toISOString()}`;
  const state = Object.entries(content.state).map(([name, count]) => `${name} ${count}`);
  return `  taken     ${createdAt} of ${source} by Vedette ${vedetteVersion}
  files     ${files.length}, ${(bytes / 1e6).toFixed(1)} MB
  samples   ${samples.toLocaleString('en')}, of them ${logSamples.toLocaleString('en')} in the log; ${blocks.length} blocks, up to ${series.toLocaleString('en')} series in one
  times     ${range}
  state     ${state.length === 0 ? 'empty' : state.join(', ')}
`;
}
