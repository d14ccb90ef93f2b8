import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** What a phone on a slow line waits for before the first chart, by gzip; by Brotli the budget is 240 kB (test/ui/budgets.test.ts). The editor alone is 145 kB: it must not be in here. */
const SCRIPT_BYTES_MAX = 260_000;
const STYLE_BYTES_MAX = 25_000;

/** The compressed size of what the built page names itself, against the budget, and the files beside it; one text per fault. */
export function entryFaults(dist: string): string[] {
  const page = readFileSync(path.join(dist, 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+)"/g)].map(([, file = '']) => file);
  const sizeOf = (extension: string): number =>
    files
      .filter((file) => file.endsWith(extension))
      .reduce((sum, file) => sum + gzipSync(readFileSync(path.join(dist, file)), { level: 9 }).length, 0);
  const [script, style] = [sizeOf('.js'), sizeOf('.css')];
  console.log(`entry: ${script} bytes of script, ${style} bytes of style, compressed`);
  return [
    ...(script > SCRIPT_BYTES_MAX ? [`entry script is ${script} bytes, limit is ${SCRIPT_BYTES_MAX}`] : []),
    ...globSync('assets/*.gz', { cwd: dist })
      .filter(
        (file) =>
          !gunzipSync(readFileSync(path.join(dist, file))).equals(
            readFileSync(path.join(dist, file.slice(0, -3))),
          ),
      )
      .map((file) => `${file} is not what it was made from`),
    ...(style > STYLE_BYTES_MAX ? [`entry style is ${style} bytes, limit is ${STYLE_BYTES_MAX}`] : []),
  ];
}
