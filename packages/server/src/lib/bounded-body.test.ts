import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFetched, readFetchedText } from './bounded-body.ts';

/** An answer that comes in the given pieces; `cancelled` is counted when nobody wants the rest. */
function answerOf(pieces: readonly Uint8Array[]): { response: Response; cancelled: () => number } {
  const left = [...pieces];
  let cancelled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: () => void cancelled++,
  });
  return { response: new Response(body), cancelled: () => cancelled };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('a body at the limit is whole, a longer one is cut off', async () => {
  const { response } = answerOf([bytes('abc'), bytes('de')]);
  assert.deepEqual(await readFetched(response, 5), Buffer.from('abcde'));
  const longer = answerOf([bytes('abc'), bytes('def'), bytes('ghi')]);
  assert.equal(await readFetched(longer.response, 5), undefined);
  assert.equal(longer.cancelled(), 1);
  assert.equal(await readFetchedText(answerOf([bytes('abcdef')]).response, 5), undefined);
});

test('a text is whole where a piece ends inside a character', async () => {
  const whole = bytes('a→b');
  const { response } = answerOf([whole.subarray(0, 2), whole.subarray(2, 3), whole.subarray(3)]);
  assert.equal(await readFetchedText(response, 5), 'a→b');
});

test('an answer without a body is empty', async () => {
  assert.equal(await readFetchedText(new Response(null, { status: 204 }), 5), '');
  assert.equal((await readFetched(new Response(null), 0))?.length, 0);
});
