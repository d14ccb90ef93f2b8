import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsRegex } from './fake-regex.ts';
import { expandRuleTemplate, parseRuleTemplate, TemplateError } from './index.ts';
import { brokenText, templateText } from './random-template.ts';

const environment = {
  timestampMs: 60_000,
  externalUrl: 'http://localhost:9090/prefix',
  query: async (expr: string) => {
    if (expr !== 'q') throw new Error('1:1: parse error: unexpected character');
    return [{ labels: new Map([['n', 'a']]), value: 1 }];
  },
  // Patterns are made of arbitrary text here: an invalid one throws, as every engine does.
  compileRegex: jsRegex,
};
const context = {
  labels: new Map([
    ['job', 'api'],
    ['__proto__', 'x'],
  ]),
  externalLabels: new Map<string, string>(),
  externalUrl: '',
  value: 1.5,
};

/** Small, so that a template that runs wild is stopped within the test's time. */
const limits = { outputBytesMax: 20_000, stepsMax: 20_000, asyncCallsMax: 5 };

/** True when the text expands, false when it is refused as it must be; anything else fails. */
async function expands(text: string): Promise<boolean> {
  try {
    const output = await expandRuleTemplate(parseRuleTemplate('A', text), context, { environment, limits });
    assert.ok(output.length <= limits.outputBytesMax);
    return true;
  } catch (error) {
    assert.ok(error instanceof TemplateError, `${String(error)} for ${JSON.stringify(text)}`);
    assert.ok(error.line >= 1 && error.column >= 0);
    return false;
  }
}

test('a random template expands or fails as a template error', async () => {
  let expanded = 0;
  const property = fc.asyncProperty(templateText, async (text) => {
    if (await expands(text)) expanded++;
  });
  await fc.assert(property, { numRuns: 1500 });
  assert.ok(expanded > 100, `only ${expanded} templates were good for anything`);
});

test('a template with letters cut out and put in never fails otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(brokenText, async (text) => void (await expands(text))),
    { numRuns: 1500 },
  );
});

test('arbitrary text never fails otherwise', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 }).map((body) => `{{${body}}}`);
  await fc.assert(
    fc.asyncProperty(text, async (body) => void (await expands(body))),
    { numRuns: 1000 },
  );
});

test('a template cut off anywhere is refused or expands', async () => {
  const whole =
    '{{ range $k, $v := .Labels }}{{ if eq $k "job" }}{{ printf "%-5s|%d" $v 3 }}{{ else }}x{{ end }}{{ end }}';
  for (let length = 0; length < whole.length; length++) await expands(whole.slice(0, length));
  assert.equal(await expands(whole), true);
});
