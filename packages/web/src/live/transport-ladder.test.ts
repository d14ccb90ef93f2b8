import { expect, test } from 'vitest';
import { TransportLadder } from './transport-ladder.ts';

test('the socket comes first, then events at once, then a wait and the socket again', () => {
  const ladder = new TransportLadder();
  expect(ladder.current).toBe('socket');
  expect(ladder.failed()).toBe(true);
  expect(ladder.current).toBe('events');
  expect(ladder.failed()).toBe(false);
  expect(ladder.current).toBe('socket');
});

test('a way that opened is kept until it fails, and then all are tried again', () => {
  const ladder = new TransportLadder();
  ladder.failed();
  ladder.opened();
  expect(ladder.current).toBe('events');
  expect(ladder.failed()).toBe(false);
  expect(ladder.current).toBe('socket');
  expect(ladder.failed()).toBe(true);
  expect(ladder.current).toBe('events');
});
