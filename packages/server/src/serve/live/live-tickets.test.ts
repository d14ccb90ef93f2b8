import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { createTestClock } from '../test-server.ts';
import { LiveTickets, TICKETS_MAX } from './live-tickets.ts';

const REQUEST = { method: 'POST', headers: { authorization: 'Bearer x' }, remoteAddress: '10.0.0.1' };

test('a ticket opens once', () => {
  const tickets = new LiveTickets({ clock: createTestClock(), random: new SeededRandom(1) });
  const ticket = tickets.issue(REQUEST) ?? '';
  assert.match(ticket, /^[\w-]{32}$/);
  assert.equal(tickets.redeem(ticket), REQUEST);
  assert.equal(tickets.redeem(ticket), undefined);
  assert.equal(tickets.redeem('guessed'), undefined);
});

test('a ticket is worth nothing after thirty seconds', async () => {
  const clock = createTestClock();
  const tickets = new LiveTickets({ clock, random: new SeededRandom(1) });
  const early = tickets.issue(REQUEST) ?? '';
  await clock.advance(1);
  const late = tickets.issue(REQUEST) ?? '';
  await clock.advance(29_999);
  assert.equal(tickets.redeem(early), undefined);
  assert.equal(tickets.redeem(late), REQUEST);
});

test('unused tickets are limited, and make room when they expire', async () => {
  const clock = createTestClock();
  const tickets = new LiveTickets({ clock, random: new SeededRandom(1) });
  for (let i = 0; i < TICKETS_MAX; i++) assert.notEqual(tickets.issue(REQUEST), undefined);
  assert.equal(tickets.issue(REQUEST), undefined);
  await clock.advance(30_000);
  assert.notEqual(tickets.issue(REQUEST), undefined);
});
