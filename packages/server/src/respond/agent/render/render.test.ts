import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { AnalysisReport } from '@vedette/api';
import {
  PREPARED_BRIEF_BYTES_MAX,
  PREPARED_CARD_BYTES_MAX,
  PREPARED_NOTE_BYTES_MAX,
  PREPARED_TITLE_CHARS_MAX,
} from '../../../alert/index.ts';
import { dingtalkOf } from './dingtalk-card.ts';
import { feishuCardOf } from './feishu-card.ts';
import { markdownOf } from './markdown.ts';
import { preparedReport } from './prepared-report.ts';
import { bareReport, exampleReport, EXTERNAL_URL, hostileReport, narratedReport } from './report-fixture.ts';
import { SLACK_CARD_LIMITS, slackCardOf, type SlackBlock } from './slack-card.ts';
import { textOf } from './text.ts';

const options = { externalUrl: EXTERNAL_URL };

const FORMS: Readonly<Record<string, (report: AnalysisReport) => string>> = {
  txt: (report) => textOf(report, options),
  md: (report) => markdownOf(report, options),
  'slack.json': (report) => jsonOf(slackCardOf(report, options)),
  'feishu.json': (report) => jsonOf(feishuCardOf(report, options)),
  'dingtalk.json': (report) => jsonOf(dingtalkOf(report, options)),
};

const REPORTS: Readonly<Record<string, AnalysisReport>> = {
  outage: exampleReport(),
  bare: bareReport(),
  narrated: narratedReport(),
};

for (const [name, report] of Object.entries(REPORTS))
  for (const [form, render] of Object.entries(FORMS))
    test(`the report "${name}" as ${form} is as it was looked at`, () => {
      const file = new URL(`golden/${name}.${form}`, import.meta.url);
      const made = render(report);
      // Written anew with VEDETTE_UPDATE=1; look at the difference before committing it.
      if (process.env['VEDETTE_UPDATE'] === '1') {
        mkdirSync(new URL('golden/', import.meta.url), { recursive: true });
        writeFileSync(file, made);
      }
      assert.equal(made, readFileSync(file, 'utf8'));
      assert.equal(render(report), made, 'the same report gives the same text');
    });

/** What somebody may put into a label to be more than text. */
const HOSTILE: readonly string[] = [
  '<!channel> <!here> <@U123> <http://evil.test|x> & &lt;!channel&gt;',
  '@all @channel @here @everyone #general <at id=all></at>',
  '[x](javascript:alert(1)) ![](http://evil.test/p.png) **b** `c` ``` ~~~ | # h',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '\u001b[2J\u001b]0;owned\u0007 \u009b31m \u202egnirts\u202c NUL\u0000 \ud800 \ufdd0',
  'line\n# heading\r\n> quote\n- list\n1. one\u2028two',
  '`'.repeat(50),
  '',
  ' ',
  '<'.repeat(5000),
  '&'.repeat(30_000),
  '🙂'.repeat(5000),
  '警'.repeat(5000),
  '"\\'.repeat(5000),
  'x'.repeat(30_000),
];

const LINKS: readonly string[] = [
  'javascript:alert(1)',
  'data:text/html,<script>',
  '//evil.test/x',
  '/\\evil.test',
  'http://bank.test@evil.test/',
  'file:///etc/passwd',
  `https://long.test/?${'&'.repeat(5000)}`,
  'not a link',
];

const each = (check: (report: AnalysisReport, value: string) => void): void => {
  for (const value of HOSTILE) check(hostileReport(value), value);
  for (const link of LINKS) check(hostileReport('v', link), link);
  check(hostileReport('<&"'.repeat(100), `/p?${'&'.repeat(500)}`), 'an address of our own');
};

test('text has no controls and no row over 100 columns, addresses aside, whatever is in the report', () => {
  each((report, value) => {
    const text = textOf(report, options);
    // oxlint-disable-next-line no-control-regex -- These characters are what it is about.
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    for (const row of text.split('\n'))
      assert.ok(
        Array.from(row).length <= 100 || /https?:\/\/\S+$|\(?https?:\/\//.test(row),
        `${value.slice(0, 40)}: ${row}`,
      );
    assert.ok(text.isWellFormed());
    assert.doesNotMatch(text, /javascript:alert\(1\)\d|data:text\/html|file:\/\//);
  });
});

test('a text within a budget keeps it, and always says where the rest is', () => {
  each((report) => {
    for (const bytesMax of [PREPARED_BRIEF_BYTES_MAX, PREPARED_NOTE_BYTES_MAX]) {
      const text = textOf(report, { ...options, bytesMax });
      assert.ok(Buffer.byteLength(text) <= bytesMax, `${Buffer.byteLength(text)} of ${bytesMax}`);
      assert.match(text, /Open in Vedette: https:\/\/vedette\.example\.test\/alerts/);
    }
  });
  assert.ok(Buffer.byteLength(textOf(exampleReport(), { ...options, bytesMax: 20 })) <= 20);
});

test('Markdown stays text: no tag, no picture, no link but ours, no heading but ours', () => {
  each((report) => {
    const markdown = markdownOf(report, options);
    // Code is shown as it is, whatever it holds.
    const shown = markdown.replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, 'CODE');
    assert.doesNotMatch(shown, /<(?!\/?$)/);
    assert.doesNotMatch(shown, /(?<!\\)!\[/);
    for (const [, url] of shown.matchAll(/(?<!\\)\]\(([^)]*)\)/g)) assert.match(url ?? '', /^https?:\/\//);
    for (const line of shown.split('\n')) if (line.startsWith('#')) assert.match(line, /^##{1,2} /);
    assert.doesNotMatch(shown, /@(?:all|channel|here|everyone)\b/);
    assert.ok(Buffer.byteLength(markdown) <= 65_000);
  });
});

test('a step that asks has no colon behind its mark', () => {
  const step = { query: null, command: 'df -h', link: null, source: 'DiskFull' };
  const report = exampleReport({
    nextSteps: [
      { ...step, text: 'Is there room?' },
      { ...step, text: 'Look at the room' },
    ],
  });
  const markdown = markdownOf(report, options);
  assert.match(markdown, /^- Is there room\? `df -h` /m);
  assert.match(markdown, /^- Look at the room: `df -h` /m);
});

test('code in Markdown ends where it should', () => {
  const step = { text: 's', query: '`a``b', command: null, link: null, source: 'x' };
  assert.ok(markdownOf(exampleReport({ nextSteps: [step] }), options).includes('s: ``` `a``b ```'));
});

interface Text {
  readonly type: string;
  readonly text: string;
}
const textOfBlock = (value: unknown): Text => value as Text;
const listOf = (value: unknown): readonly SlackBlock[] => (value ?? []) as readonly SlackBlock[];

/** Block Kit's reference, as a check of its own. */
function assertSlackTakes(blocks: readonly SlackBlock[]): void {
  const limits = SLACK_CARD_LIMITS;
  const within = (text: unknown, charsMax: number): void => {
    const { text: value } = textOfBlock(text);
    assert.ok(value.length >= 1 && value.length <= charsMax, `${value.length} of ${charsMax}`);
  };
  assert.ok(blocks.length >= 1 && blocks.length <= limits.blocks);
  for (const block of blocks) {
    if (block['type'] === 'header') {
      assert.equal(textOfBlock(block['text']).type, 'plain_text');
      within(block['text'], limits.headerChars);
    } else if (block['type'] === 'section') {
      if (block['text'] !== undefined) within(block['text'], limits.textChars);
      const fields = listOf(block['fields']);
      assert.ok(block['text'] !== undefined || fields.length > 0);
      assert.ok(fields.length <= limits.fields);
      for (const field of fields) within(field, limits.fieldChars);
    } else if (block['type'] === 'context') {
      const elements = listOf(block['elements']);
      assert.ok(elements.length >= 1 && elements.length <= limits.contextElements);
      for (const element of elements) within(element, limits.textChars);
    } else {
      assert.equal(block['type'], 'actions');
      const buttons = listOf(block['elements']);
      assert.ok(buttons.length >= 1 && buttons.length <= limits.buttons);
      assert.equal(new Set(buttons.map((button) => button['action_id'])).size, buttons.length);
      for (const button of buttons) {
        within(button['text'], limits.buttonChars);
        assert.deepEqual(
          Object.keys(button).sort(),
          ['action_id', 'text', 'type', 'url'],
          'a link and nothing else',
        );
        assert.match(String(button['url']), /^https?:\/\/[^\s<>]+$/);
        assert.ok(String(button['url']).length <= limits.urlChars);
      }
    }
  }
  assert.ok(Buffer.byteLength(JSON.stringify(blocks)) <= 12_000);
}

test("Slack's limits are kept and its marks are text, whatever is in the report", () => {
  for (const report of Object.values(REPORTS)) assertSlackTakes(slackCardOf(report, options));
  each((report) => {
    const blocks = slackCardOf(report, options);
    assertSlackTakes(blocks);
    for (const { text } of marked(blocks)) {
      assert.doesNotMatch(text, /<[!@#]|``/);
      for (const line of text.split('\n')) assert.equal(line.split('`').length % 2, 1, line);
      for (const [, url] of text.matchAll(/<([^|>]*)/g)) assert.match(url ?? '', /^https?:\/\//);
      assert.doesNotMatch(text, /[@#](?:all|channel|here|everyone|general)/);
    }
  });
});

function marked(value: unknown): readonly Text[] {
  if (Array.isArray(value)) return value.flatMap(marked);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && value.type === 'mrkdwn' ? [value as Text] : [];
  return [...own, ...Object.values(value).flatMap(marked)];
}

test("Feishu's and DingTalk's limits are kept and their marks are text, whatever is in the report", () => {
  each((report) => {
    for (const card of [feishuCardOf(report, options), dingtalkOf(report, options)]) {
      const json = JSON.stringify(card);
      assert.ok(Buffer.byteLength(json) <= PREPARED_CARD_BYTES_MAX, String(Buffer.byteLength(json)));
      assert.ok(json.isWellFormed());
      for (const text of markdownTexts(card)) {
        assert.doesNotMatch(text, /<at|<font|<script|!\[/);
        for (const [, url] of text.matchAll(/\]\(([^)]*)\)/g)) assert.match(url ?? '', /^https?:\/\//);
        assert.doesNotMatch(text, /@(?:all|channel|here|everyone)\b/);
      }
      for (const url of addressesIn(card)) assert.match(url, /^https?:\/\/[^\s<>]+$/);
    }
  });
});

function markdownTexts(card: Readonly<Record<string, unknown>>): readonly string[] {
  const elements = listOf(card['elements']);
  if (elements.length === 0) return [String(card['text'])];
  return elements.flatMap(({ tag, content }) => (tag === 'markdown' ? [String(content)] : []));
}

function addressesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(addressesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    (key === 'url' || key === 'actionURL') && typeof one === 'string' ? [one] : addressesIn(one),
  );
}

test('what is left out of a card is counted and linked', () => {
  const json = JSON.stringify(slackCardOf(exampleReport(), options));
  assert.match(json, /\|3 more related series>/);
  assert.match(json, /Not shown here: 5 pieces of evidence\./);
  const note = preparedReport(exampleReport(), { ...options, isFollowUp: true }).note;
  assert.match(note, /more related series:\s+https:\/\/vedette\.example\.test\/alerts\/analysis\//);
});

test('a prepared report keeps the limits of its contract', () => {
  each((report) => {
    const prepared = preparedReport(report, { ...options, isFollowUp: false });
    assert.ok(Array.from(prepared.title).length <= PREPARED_TITLE_CHARS_MAX);
    assert.ok(Buffer.byteLength(prepared.note) <= PREPARED_NOTE_BYTES_MAX);
    assert.ok(Buffer.byteLength(prepared.brief) <= PREPARED_BRIEF_BYTES_MAX);
    assert.equal(prepared.link, EXTERNAL_URL + prepared.path);
  });
  const { details } = preparedReport(exampleReport(), { ...options, isFollowUp: false });
  assert.deepEqual(details, { analysis: exampleReport() });
  const large = preparedReport(hostileReport('x'.repeat(100_000)), { ...options, isFollowUp: false });
  assert.deepEqual(Object.keys(large.details), ['analysis', 'analysisError']);
});

test('links of ours become whole, those of others stay theirs, and what is no address is text', () => {
  const check = (link: string, want: RegExp): void => {
    const markdown = markdownOf(exampleReport({ links: [{ label: 'L', url: link }] }), options);
    assert.match(markdown, want);
  };
  check('/x?a=b c', /\[L\]\(https:\/\/vedette\.example\.test\/x\?a=b%20c\)/);
  check('http://[::1]:9090/graph?g0.expr=(a)', /\[L\]\(http:\/\/\[::1\]:9090\/graph\?g0\.expr=%28a%29\)/);
  for (const link of LINKS) {
    const markdown = markdownOf(exampleReport({ links: [{ label: 'Lab', url: link }] }), options);
    assert.doesNotMatch(markdown, /\[Lab\]\(/, link);
  }
});

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
