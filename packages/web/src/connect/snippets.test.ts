import { expect, test } from 'vitest';
import { FRAMEWORKS, isLoopback, snippetsOf, type Place } from './snippets.ts';
import { WAYS } from './ways.ts';

const OPEN: Place = { url: 'http://127.0.0.1:8080', isTokenNeeded: false };
const CLOSED: Place = { url: 'https://watch.example/vedette', isTokenNeeded: true };

const linesOf = (way: (typeof WAYS)[number], place: Place): string =>
  FRAMEWORKS.flatMap((framework) => snippetsOf(way, place, framework))
    .map(({ text }) => text)
    .join('\n');

test('every way has lines, and no file comes twice', () => {
  for (const way of WAYS) {
    const snippets = snippetsOf(way, OPEN, 'koa');
    expect([way, snippets.length > 0]).toEqual([way, true]);
    expect(new Set(snippets.map(({ file }) => file)).size).toBe(snippets.length);
  }
});

test('the real address stands in what is sent here, with its path', () => {
  const check = (way: (typeof WAYS)[number], want: string): void =>
    expect(linesOf(way, CLOSED)).toContain(want);
  check('otlp', 'OTEL_EXPORTER_OTLP_ENDPOINT=https://watch.example/vedette');
  check('remote-write', 'url: https://watch.example/vedette/api/v1/write');
  check('alertmanager', 'url: https://watch.example/vedette/webhooks/alertmanager/site-a');
  check('grafana', 'url: https://watch.example/vedette');
  check('tools', '--alertmanager.url=https://watch.example/vedette');
  check('tools', '"https://vedette:$VEDETTE_TOKEN@watch.example/vedette"');
  check('guard', "url: 'https://watch.example/vedette'");
  check('compose', 'OTEL_EXPORTER_OTLP_ENDPOINT: https://watch.example/vedette');
  check('assistants', '"url": "https://watch.example/vedette/mcp"');
});

test('a token is asked for where the server wants one, and nowhere else', () => {
  for (const way of [
    'otlp',
    'remote-write',
    'alertmanager',
    'grafana',
    'tools',
    'guard',
    'compose',
    'assistants',
  ] as const) {
    for (const { file, text } of snippetsOf(way, CLOSED, 'koa'))
      expect([way, file, /token|Bearer/i.test(text)]).toEqual([way, file, true]);
    expect([way, /token|Bearer/i.test(linesOf(way, OPEN))]).toEqual([way, false]);
  }
});

test('a loopback address is told from one that others reach', () => {
  const check = (url: string, want: boolean): void => expect([url, isLoopback(url)]).toEqual([url, want]);
  check('http://127.0.0.1:8080', true);
  check('http://localhost:8080/x', true);
  check('http://[::1]:8080', true);
  check('https://watch.example', false);
  check('http://128.0.0.1', false);
});
