import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LATE, PAGE_HEAD, pour, residentBytesMax, startHostile } from './support/hostile-service.ts';
import { startService } from './support/small-service.ts';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from './support/vedette-process.ts';

/** Far above what a test of one page needs, far below what keeping such pages would take. */
const RESIDENT_BYTES_MAX = 512 * 1024 * 1024;

interface Target {
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly scrapeUrl: string;
}

const targetsOf = async (vedette: VedetteProcess): Promise<readonly Target[]> => {
  const { data } = await vedette.json<{ data: { activeTargets: Target[] } }>('/api/v1/targets');
  return data.activeTargets;
};

const configOf = (pace: string, ports: ReadonlyMap<string, number>): string => {
  const jobs = [...ports].map(
    ([job, port]) => `  - { job_name: ${job}, static_configs: [ { targets: ["127.0.0.1:${port}"] } ] }\n`,
  );
  return `global: { ${pace} }\nhost: { enabled: false }\nscrape_configs:\n${jobs.join('')}`;
};

/** The value of an instant query that finds one series. */
const valueOf = async (vedette: VedetteProcess, query: string): Promise<string | undefined> => {
  const { data } = await vedette.json<{ data: { result: { value: [number, string] }[] } }>(
    `/api/v1/query?query=${encodeURIComponent(query)}`,
  );
  return data.result[0]?.value[1];
};

const wasScrapedAgain = async (vedette: VedetteProcess, job: string): Promise<void> => {
  const lastOf = async (): Promise<Target | undefined> =>
    (await targetsOf(vedette)).find((target) => target.scrapePool === job);
  const before = (await lastOf())?.lastScrape;
  await until(`another scrape of ${job}`, async () => {
    const target = await lastOf();
    return target?.health === 'up' && target.lastScrape !== before ? true : undefined;
  });
};

interface HostileCase {
  readonly name: string;
  readonly job: string;
  readonly answer: (socket: Socket) => void;
  /** What the list of targets says; undefined: the page is good. */
  readonly want: RegExp | undefined;
}

const page = (text: string | Buffer, headers = 'Connection: close\r\n') => {
  return (socket: Socket): void => {
    socket.write(`${PAGE_HEAD}${headers}\r\n`);
    socket.end(text);
  };
};

const LIGHT_CASES: readonly HostileCase[] = [
  {
    name: 'a page that is cut off inside a line fails with the line',
    job: 'cut',
    answer: page('a 1\nb{x="y'),
    want: /^line 2: expected a closing quote, got the end of the page/,
  },
  {
    name: 'binary fails at its first byte',
    job: 'binary',
    answer: page(Buffer.from([0, 1, 2, 255, 254])),
    want: /^line 1: expected a valid start token/,
  },
  {
    name: 'bytes that are not UTF-8 fail with the line',
    job: 'latin',
    answer: page(Buffer.from('a 1\nb{x="\xe4"} 1\n', 'latin1')),
    want: /^line 2: invalid UTF-8/,
  },
  {
    name: 'a page with Windows line ends fails and shows them',
    job: 'crlf',
    answer: page('a 1\r\n'),
    want: /cannot parse "1\\r" as a number/,
  },
  {
    name: 'a series that names a label twice fails',
    job: 'twice',
    answer: page('a{b="1",b="2"} 1\n'),
    want: /label name "b" is not unique/,
  },
  {
    name: 'a page that calls itself HTML fails with that',
    job: 'html',
    answer: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>'),
    want: /unsupported Content-Type "text\/html"/,
  },
  {
    name: 'status 500 fails with the status',
    job: 'broken',
    answer: (socket) => socket.end('HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n'),
    want: /server returned HTTP status 500 Oh no/,
  },
  {
    name: 'a target that promises more than it sends fails',
    job: 'short',
    answer: page('a 1\n', 'Content-Length: 1000\r\n'),
    want: /unexpected EOF/,
  },
  {
    name: 'of a target that sends more than it promises the promised part counts',
    job: 'long',
    answer: page('a 1\nb 2\n', 'Content-Length: 4\r\n'),
    want: undefined,
  },
  {
    name: 'a target that promises gigabytes is refused before it sends them',
    job: 'promise',
    answer: (socket) => socket.write(`${PAGE_HEAD}Content-Length: 99999999999\r\n\r\na 1\n`),
    want: /body size limit exceeded \(limit: 67108864 bytes\)/,
  },
  {
    name: 'a target that closes inside a chunk fails',
    job: 'midchunk',
    answer: (socket) => {
      socket.end(`${PAGE_HEAD}Transfer-Encoding: chunked\r\n\r\n100\r\na 1\n`);
    },
    want: /unexpected EOF/,
  },
  {
    name: 'a target that claims gzip and sends text fails',
    job: 'notgzip',
    answer: page('a 1\n', 'Content-Encoding: gzip\r\nContent-Length: 4\r\n'),
    want: /gzip: invalid data/,
  },
  {
    name: 'a target that never answers is given up at its timeout',
    job: 'hang',
    answer: () => undefined,
    want: /context deadline exceeded/,
  },
  {
    name: 'a page without a length that stands still is given up and nothing of it kept',
    job: 'stall',
    answer: (socket) => socket.write(`${PAGE_HEAD}\r\nstalled 1\n`),
    want: /context deadline exceeded/,
  },
  {
    name: 'a target that redirects for ever is left after ten',
    job: 'redirect',
    answer: (socket) => {
      socket.end(
        'HTTP/1.1 302 Found\r\nLocation: /metrics\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      );
    },
    want: /stopped after 10 redirects/,
  },
  {
    name: 'a target that speaks no HTTP fails',
    job: 'ssh',
    answer: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
    want: /Parse Error/,
  },
  {
    name: 'a megabyte of headers fails',
    job: 'headers',
    answer: (socket) => socket.end(`${PAGE_HEAD}X: ${'x'.repeat(1e6)}\r\n\r\n`),
    want: /Header overflow/,
  },
  {
    name: 'samples stamped far in the past and the future are refused without the rest of the page',
    job: 'times',
    answer: page('future 1 9007199254740991\npast 1 1\npresent 1\n'),
    want: undefined,
  },
  {
    name: 'of a series that comes twice the first counts',
    job: 'doubled',
    answer: page('doubled 1\ndoubled 2\n'),
    want: undefined,
  },
  {
    name: 'names that mean something to JavaScript are names like others',
    job: 'names',
    answer: page('constructor{__proto__="x",toString="y"} 3\n{"a \\"b\\"","c\\nd"="\0"} 4\n'),
    want: undefined,
  },
];

test('beside hostile targets the good one is scraped', async (t) => {
  const good = await startService(t, () => ({ body: 'good 1\n' }));
  const ports = new Map([['good', good.port]]);
  for (const { job, answer } of LIGHT_CASES) ports.set(job, await startHostile(t, answer));
  const vedette = await startVedette(t, {
    config: configOf('scrape_interval: 2s, scrape_timeout: 1500ms', ports),
  });
  for (const { name, job, want } of LIGHT_CASES) await t.test(name, () => checkTarget(vedette, job, want));
  const check = async (query: string, want: string): Promise<void> =>
    assert.equal(await until(query, () => valueOf(vedette, query)), want);
  await check('a{job="long"}', '1');
  assert.equal(await valueOf(vedette, 'b{job="long"} or stalled or future or past'), undefined);
  await check('present', '1');
  await check('doubled', '1');
  await check('constructor{__proto__="x",toString="y"}', '3');
  await check('{"a \\"b\\""}', '4');
  await wasScrapedAgain(vedette, 'good');
  assert.ok(!/"level":"error"/.test(vedette.stderr()), vedette.stderr());
});

/** What the server makes of what the target answers; a scrape that only came too late says nothing of that. */
async function checkTarget(vedette: VedetteProcess, job: string, want: RegExp | undefined): Promise<void> {
  const target = await until(`a scrape of ${job}`, async () => {
    const found = (await targetsOf(vedette)).find(({ scrapePool }) => scrapePool === job);
    if (found === undefined || found.health === 'unknown') return undefined;
    return LATE.test(found.lastError) && want?.test(found.lastError) !== true ? undefined : found;
  });
  assert.equal(target.health, want === undefined ? 'up' : 'down');
  assert.match(target.lastError, want ?? /^$/);
  const up = want === undefined ? '1' : '0';
  await until(`up of ${job} to be ${up}`, async () =>
    (await valueOf(vedette, `up{job="${job}"}`)) === up ? true : undefined,
  );
}

test('pages of 100 MB, in whatever form, are refused and not kept', async (t) => {
  const lines = Buffer.from('metric{a="b"} 1\n'.repeat(4096));
  const bomb = gzipSync(Buffer.alloc(100e6, '# nothing\n'));
  const labels = Array.from({ length: 1_000_000 }, (_, i) => `l${i}="v"`).join(',');
  const cases: Readonly<Record<string, { answer: (socket: Socket) => void; want: RegExp }>> = {
    stream: {
      answer: (socket) => {
        socket.write(`${PAGE_HEAD}\r\n`);
        pour(socket, lines, Math.ceil(100e6 / lines.length));
      },
      want: /body size limit exceeded \(limit: 67108864 bytes\)/,
    },
    bomb: {
      answer: page(bomb, `Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n`),
      want: /body size limit exceeded \(limit: 67108864 bytes\)/,
    },
    labels: { answer: page(`a{${labels}} 1\n`), want: /^line 1: a line is longer than 1048576 bytes/ },
  };
  const good = await startService(t, () => ({ body: 'good 1\n' }));
  const ports = new Map([['good', good.port]]);
  for (const [job, { answer }] of Object.entries(cases)) ports.set(job, await startHostile(t, answer));
  const vedette = await startVedette(t, {
    // Of each some 70 MB are read: half a second's work, of which a busy machine makes several.
    config: configOf('scrape_interval: 10s, scrape_timeout: 10s', ports),
  });
  for (const [job, { want }] of Object.entries(cases)) await checkTarget(vedette, job, want);
  await wasScrapedAgain(vedette, 'good');
  assertResident(vedette);
});

function assertResident({ pid }: VedetteProcess): void {
  const bytes = residentBytesMax(pid) ?? 0;
  assert.ok(bytes < RESIDENT_BYTES_MAX, `held ${bytes} bytes, want less than ${RESIDENT_BYTES_MAX}`);
}

test('a discovery file that breaks while running keeps its last good targets, and is read again', async (t) => {
  const file = path.join(temporaryDirectory(t), 'targets.json');
  const addressesOf = async (vedette: VedetteProcess): Promise<string> =>
    (await targetsOf(vedette)).map(({ scrapeUrl }) => scrapeUrl).join();
  const first = await targetFile(t, file);
  const vedette = await startVedette(t, {
    config: `scrape_configs: [ { job_name: files, file_sd_configs: [ { files: ["${file}"], refresh_interval: 1s } ] } ]\n`,
  });
  await until('the first target', async () =>
    (await addressesOf(vedette)).includes(first) ? true : undefined,
  );
  for (const [text, want] of [
    ['[ { "targets": [', /cannot parse .*targets\.json/],
    ['{ "targets": 5 }', /cannot use .*targets\.json/],
  ] as const) {
    writeFileSync(file, text);
    await until(`a word about ${text}`, () => (want.test(vedette.stderr()) ? true : undefined));
    assert.ok((await addressesOf(vedette)).includes(first));
  }
  const second = await targetFile(t, file);
  await until('the second target', async () =>
    (await addressesOf(vedette)).includes(second) ? true : undefined,
  );
  assert.ok(!(await addressesOf(vedette)).includes(first));
});

/** Writes a discovery file with one new service; its address. */
async function targetFile(t: TestContext, file: string): Promise<string> {
  const { port } = await startService(t);
  writeFileSync(file, JSON.stringify([{ targets: [`127.0.0.1:${port}`] }]));
  return `127.0.0.1:${port}`;
}
