import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runbook, RunbookLibrary } from '../../../respond/index.ts';
import { createToolScene } from './tool-fixture.ts';

const RUNBOOK: Runbook = {
  id: 'Down',
  title: 'Target down',
  match: { alertnames: ['Down'], labels: {} },
  severity: undefined,
  owner: undefined,
  links: [],
  reviewed: undefined,
  queries: {},
  sections: {},
  origin: 'own',
  file: 'Down.md',
  markdown: '',
};
test('a link to a runbook that is not there is refused, with the nearest', async () => {
  const books: RunbookLibrary = {
    match: () => [],
    search: () => [],
    problems: () => [],
    all: () => [RUNBOOK],
    find: (id) => (id.toLowerCase() === RUNBOOK.id.toLowerCase() ? RUNBOOK : undefined),
  };
  const { ask } = createToolScene({ library: () => Promise.resolve(books) });
  const link = await ask('link', { kind: 'runbook', id: RUNBOOK.id });
  assert.match(link, new RegExp(`/runbook/${RUNBOOK.id}$`));
  assert.match(
    await ask('link', { kind: 'runbook', id: `${RUNBOOK.id}s` }),
    new RegExp(`^error: link: no runbook has the id .+; did you mean "${RUNBOOK.id}"`),
  );
});
