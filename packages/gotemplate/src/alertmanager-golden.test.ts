/** Templates of notifications against amtool's answers, and upstream's own default texts as templates. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { jsRegex } from './fake-regex.ts';
import {
  createNotificationTemplates,
  type NotificationData,
  type NotificationTemplates,
  TemplateError,
} from './index.ts';

const shared = process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../shared');
const folder = path.join(shared, 'go-template-golden');
const isAbsent = !existsSync(folder) && process.env['VEDETTE_PEERS'] !== 'required';
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

interface Case {
  readonly type: 'text' | 'html';
  readonly template: string;
  readonly out?: string;
  readonly error?: string;
}

function executed(templates: NotificationTemplates, { type, template }: Case, data: NotificationData) {
  try {
    const out =
      type === 'html' ? templates.executeHtml(template, data) : templates.executeText(template, data);
    // The file was recorded without the last line feed of an output; amtool does print it.
    return { out: out.replace(/\n$/, ''), error: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { out: undefined, error: error.message };
  }
}

suite("Alertmanager's templates", { skip: isAbsent && `${folder} is absent` }, () => {
  if (isAbsent) return;
  const data = JSON.parse(read('data.json')) as NotificationData;
  const files = ['default.tmpl', 'email.tmpl', 'helpers.tmpl'].map((name) => ({ name, text: read(name) }));
  const templates = createNotificationTemplates({ nowMs: () => 0, compileRegex: jsRegex }, files);
  for (const golden of JSON.parse(read('alertmanager-templates.json')) as Case[]) {
    test(`${golden.type}: ${golden.template}`, () => {
      assert.deepEqual(executed(templates, golden, data), { out: golden.out, error: golden.error });
    });
  }

  test("upstream's mail template of 0.34 gives byte by byte the mail that amtool 0.25 made of its own", () => {
    const got = templates.executeHtml('{{ template "email.default.html" . }}', data);
    assert.equal(got, read('email.default.html.expected.html'));
  });
});
