import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFeedMessage } from './feed-message.ts';
import { decision, digest, hello, policy, snapshot } from './guard-fixture.ts';
import { DecisionReplica } from './replica.ts';
import type { FeedMessage } from './wire.ts';

const MESSAGES: readonly FeedMessage[] = [
  hello('e1', 3, {
    policies: [policy(), policy({ scope: 'ip', measure: 'errors', actions: ['a', 'b*'], sources: ['http'] })],
    allow: ['root'],
  }),
  snapshot('e1', 3, [decision('amy'), decision('10.0.0.0/8', { scope: 'range', untilMs: null })]),
  { type: 'delta', seq: 4, put: [decision('bob')], drop: [{ scope: 'ip', subject: '::1' }] },
  digest(4, [decision('amy')]),
  { type: 'settings', settings: { ids: 'pseudonym', policies: [], allow: [] } },
];

test('a message is read as it was written, without what only newer servers know', () => {
  for (const message of MESSAGES) {
    assert.deepEqual(parseFeedMessage(JSON.stringify(message)), message);
    assert.deepEqual(parseFeedMessage(JSON.stringify({ ...message, colour: 'red' })), message);
  }
  assert.equal(parseFeedMessage('{"type":"weather"}'), undefined);
});

test('a field of the wrong kind is named, with what came', () => {
  const check = (text: string, want: RegExp): void => assert.throws(() => parseFeedMessage(text), want);
  check('', /no JSON; got $/);
  check('[]', /message: want an object; got \[\]/);
  check('{}', /type: want text; got nothing/);
  check('{"type":"digest","seq":-1}', /seq: want a whole number from 0; got -1/);
  check('{"type":"digest","seq":1e400}', /seq: want a number; got null/);
  check('{"type":"delta","seq":1,"put":{}}', /put: want a list; got {}/);
  check(
    `{"type":"delta","seq":1,"put":[{"id":"${'x'.repeat(99)}","scope":"planet"}]}`,
    /scope: want one of user, ip,/,
  );
  check(`{"type":${JSON.stringify('x'.repeat(99))}`, /no JSON; got .{60}…$/);
});

const poison = fc.constantFrom<unknown>(
  null,
  -1,
  1.5,
  1e300,
  '',
  '\0',
  '__proto__',
  [],
  {},
  true,
  [null],
  [[]],
);

test('whatever is changed or cut off in a message, it is refused in words or leaves the replica whole', () => {
  const paths = fc.tuple(
    fc.nat(MESSAGES.length - 1),
    fc.array(fc.nat(11), { maxLength: 4 }),
    poison,
    fc.nat(900),
  );
  fc.assert(
    fc.property(paths, ([which, path, value, cutAt]) => {
      const text = JSON.stringify(MESSAGES[which]);
      const changed: unknown = JSON.parse(text);
      let at: unknown = changed;
      for (const [depth, step] of path.entries()) {
        if (typeof at !== 'object' || at === null) break;
        const names = Object.keys(at);
        const name = names[step % Math.max(1, names.length)] ?? 'x';
        const record = at as Record<string, unknown>;
        if (depth === path.length - 1) record[name] = value;
        else at = record[name];
      }
      for (const one of [JSON.stringify(changed), text.slice(0, cutAt)]) {
        const replica = new DecisionReplica();
        let message: FeedMessage | undefined;
        try {
          message = parseFeedMessage(one);
        } catch (error) {
          assert.match(String(error), /^Error: cannot read a message of the feed: /);
        }
        if (message === undefined) continue;
        replica.take(message);
        assert.ok(replica.decisionCount <= 2);
        const ip = { bitCount: 32, value: 1n } as const;
        replica.find({ scope: 'user', keys: ['amy', '__proto__'], ip, clearedBy: undefined }, () => 0);
      }
    }),
    { numRuns: 1000 },
  );
});
