import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { abortWith } from './abort-with.ts';

test('a controller aborts with the reason of the signal, once it aborts', () => {
  const [source, target] = [new AbortController(), new AbortController()];
  abortWith(target, source.signal);
  assert.equal(target.signal.aborted, false);
  const reason = new Error('enough');
  source.abort(reason);
  assert.equal(target.signal.reason, reason);
});

test('a signal that has aborted aborts the controller at once', () => {
  const target = new AbortController();
  const reason = new Error('before');
  abortWith(target, AbortSignal.abort(reason));
  assert.equal(target.signal.reason, reason);
});

test('after its end the controller is its own, and the signal keeps nothing of it', () => {
  const [source, target] = [new AbortController(), new AbortController()];
  const end = abortWith(target, source.signal);
  assert.equal(getEventListeners(source.signal, 'abort').length, 1);
  end();
  end();
  assert.equal(getEventListeners(source.signal, 'abort').length, 0);
  source.abort();
  assert.equal(target.signal.aborted, false);
});

test('the first reason stays', () => {
  const [source, target] = [new AbortController(), new AbortController()];
  abortWith(target, source.signal);
  target.abort('own');
  source.abort('other');
  assert.equal(target.signal.reason, 'own');
});
