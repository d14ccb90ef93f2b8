import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guardBot } from '../bot/guard-bot.ts';
import { fakeGuard } from '../testing/fake-guard.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { lineAdapter } from './line-adapter.ts';
import { LineContext, type LineClient } from './line-context.ts';
import { parseLineBody } from './line-event.ts';

const client: LineClient = {
  replyMessage: () => Promise.reject(new Error('400')),
  getProfile: () => Promise.reject(new Error('404')),
};

const names = fc.constantFrom(
  'type',
  'source',
  'userId',
  'postback',
  'data',
  'message',
  'params',
  '__proto__',
);
const words = fc.constantFrom(
  'postback',
  'message',
  'follow',
  'user',
  'action=a',
  '{"action":1}',
  '',
  '\0',
  '😀',
);
const leaf = fc.oneof(words, fc.integer(), fc.constant(null), fc.boolean(), fc.string({ maxLength: 20 }));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('tree')), { maxLength: 6 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}));
const eventLike = fc
  .tuple(words, fc.array(fc.tuple(names, tree), { maxLength: 6 }))
  .map(([type, pairs]) => ({ ...Object.fromEntries(pairs), type }));

test('whatever stands in a signed body, each event is handled or refused, and counted in short plain words', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 4, arbitrary: eventLike }, { weight: 1, arbitrary: tree }), {
        maxLength: 8,
      }),
      async (events) => {
        const guard = fakeGuard();
        const errors: unknown[] = [];
        const clock = manualClock();
        const guarded = guardBot(guard, lineAdapter({ client, clock }), {
          clock,
          onError: (error) => errors.push(error),
        });
        guard.refuse('user');
        const parsed = parseLineBody(Buffer.from(JSON.stringify({ events })));
        assert.ok(parsed !== undefined);
        assert.equal(parsed.events.length + parsed.malformedCount, events.length);
        for (const event of parsed.events)
          assert.match(await guarded(new LineContext(event, client), () => undefined), /^(handled|refused)$/);
        for (const { action, source = '' } of guard.tracked) {
          assert.match(action, /^[\w:./-]{1,64}$/);
          assert.match(source, /^[\w:./-]{1,32}$/);
        }
        for (const error of errors) assert.match(String(error), /^Error: 40[04]$/);
      },
    ),
    { numRuns: 500 },
  );
});

test('bytes that are cut off or damaged are never more than no webhook body', () => {
  const body = Buffer.from(JSON.stringify({ destination: 'U', events: [{ type: 'message', text: '你好' }] }));
  for (let end = 0; end < body.length; end++) assert.equal(parseLineBody(body.subarray(0, end)), undefined);
  fc.assert(
    fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(body);
      damaged[at] = byte;
      const parsed = parseLineBody(damaged);
      assert.ok(parsed === undefined || parsed.events.length + parsed.malformedCount <= 1);
    }),
  );
});
