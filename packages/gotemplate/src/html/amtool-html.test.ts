/**
 * Random pages with hostile values, against Go's html/template in amtool. `VEDETTE_SEED=1 VEDETTE_PAGES=20000`
 * goes further than the few that run each time.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { isAmtoolAbsent, openAmtool, type AmtoolAnswer } from '../amtool.ts';
import { jsRegex } from '../fake-regex.ts';
import { createNotificationTemplates, type NotificationTemplates, TemplateError } from '../index.ts';
import type { NotificationData } from '../index.ts';
import { hostileText, pageText } from './random-page.ts';

// One page is a run of amtool, some 30 to 80 ms.
const PAGES = Number(process.env['VEDETTE_PAGES'] ?? 30);

const DEFINITIONS =
  '{{ define "cell" }}<td>{{ .L.a }}</td>{{ end }}{{ define "attribute" }}{{ .L.b }}{{ end }}'.replaceAll(
    '.L.',
    '.CommonLabels.',
  );

function dataOf(labels: Readonly<Record<string, string>>): NotificationData {
  const times = { startsAt: '2026-11-21T03:54:32.274546017Z', endsAt: '0001-01-01T00:00:00Z' };
  const alert = {
    status: 'firing',
    labels,
    annotations: {},
    ...times,
    generatorURL: 'http://g/',
    fingerprint: 'f',
  } as const;
  return {
    receiver: 'r',
    status: 'firing',
    alerts: [alert],
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://e/',
  };
}

function rendered(templates: NotificationTemplates, text: string, data: NotificationData): AmtoolAnswer {
  try {
    return { out: templates.executeHtml(text, data), error: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { out: undefined, error: error.message };
  }
}

/**
 * Where today's Go, which we follow, differs from amtool's 1.19: it knows template literals and more kinds of comments in
 * scripts, and end tags inside of a script's strings; CSS takes no angle brackets; and an empty value without quotes is not left empty.
 */
function isKnownDifference(page: string, values: string, theirs: AmtoolAnswer, ours: AmtoolAnswer): boolean {
  // Of several faults of a page Go names the last, we the first.
  if (ours.error !== undefined && theirs.error !== undefined) return true;
  if (/<script|onclick/i.test(page) && /["'`/#<>]/.test(page.replace(/^.*?<script|onclick/is, '')))
    return true;
  if (/style/i.test(page) && /[<>]/.test(values)) return true;
  const isUnquoted = /=[^"'<>]*\{\{/.test(page);
  return (
    isUnquoted &&
    theirs.out !== undefined &&
    ours.out?.replaceAll('ZgotmplZ', '') === theirs.out.replaceAll('ZgotmplZ', '')
  );
}

suite(
  "a page is escaped as Go's html/template does it",
  { skip: isAmtoolAbsent && 'amtool is not installed' },
  () => {
    if (isAmtoolAbsent) return;
    test('random pages with hostile values', () => {
      let pages = 0;
      let equal = 0;
      let failures = 0;
      const page = fc.tuple(
        pageText,
        fc.record({ a: hostileText, b: hostileText, c: hostileText, d: hostileText }),
      );
      fc.assert(
        fc.property(page, ([withShort, values]) => {
          const text = withShort.replaceAll('.L', '.CommonLabels');
          const data = dataOf(values);
          const amtool = openAmtool(data, DEFINITIONS);
          const templates = createNotificationTemplates({ nowMs: () => 0, compileRegex: jsRegex }, [
            { name: 'd.tmpl', text: DEFINITIONS },
          ]);
          try {
            const theirs = amtool.render('html', text);
            const ours = rendered(templates, text, data);
            pages++;
            if (isDeepStrictEqual(ours, theirs)) equal++;
            else if (!isKnownDifference(text, Object.values(values).join(''), theirs, ours))
              assert.deepEqual(ours, theirs);
            if (theirs.error !== undefined) failures++;
          } finally {
            amtool.close();
          }
        }),
        { numRuns: PAGES },
      );
      assert.ok(failures < pages * 0.8, `${failures} of ${pages} were refused`);
      assert.ok(equal > pages * 0.8, `only ${equal} of ${pages} were equal`);
    });
  },
);
