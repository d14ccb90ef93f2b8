import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardAppealLink, guardDecision, guardDecisions, guardSubjects } from '@vedette/api';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';
import { ban, guardConfig, lift, postActions } from './scene.ts';

test('from near a threshold to a ban, an appeal, and the lift that answers it', async (t) => {
  const server = await startVedette(t, { config: guardConfig() });
  await postActions(server, {
    actions: Array.from({ length: 20 }, () => ({ subject: 'u42', action: 'export' })),
  });
  const near = await until('the subject is near its threshold', async () => {
    const { subjects } = guardSubjects.parse(await server.json('/api/vedette/guard/subjects'));
    return subjects.find(({ subject, policy }) => subject === 'u42' && policy === 'actions-per-minute');
  });
  assert.deepEqual([near.value, near.step], [20, null]);

  const { id } = await ban(server, 'u42');
  const link = await server.get(`/api/vedette/guard/decisions/${id}/appeal`, { method: 'POST', body: '{}' });
  const { url } = guardAppealLink.parse(await link.json());
  const sent = await fetch(new URL(url, server.url), {
    method: 'POST',
    body: new URLSearchParams({ text: 'It was a class of thirty.' }),
  });
  assert.equal(sent.status, 200);
  const reviews = async () => guardDecisions.parse(await server.json('/api/vedette/guard/reviews')).decisions;
  const [waiting] = await reviews();
  assert.equal(waiting?.id, id);
  const appeal = waiting.events.at(-1);
  assert.equal(appeal?.kind === 'appealed' && appeal.text, 'It was a class of thirty.');

  const lifted = guardDecision.parse(await lift(server, id));
  assert.equal(lifted.state, 'lifted');
  assert.deepEqual(await reviews(), []);
  assert.deepEqual(
    lifted.events.map(({ kind }) => kind),
    ['made', 'appealed', 'lifted'],
  );
});
