import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decision, digest, hello, settings, snapshot } from './guard-fixture.ts';
import { DecisionReplica, type ReplicaSubject } from './replica.ts';
import type { SubjectScope } from './subject.ts';
import type { FeedMessage, LiveDecision } from './wire.ts';

const SUBJECTS = ['a', 'b', '__proto__', '10.0.0.0/8', 'd'];
const SCOPES: readonly SubjectScope[] = ['user', 'range'];

/** The server's side: the truth, and the log of what it said about it. */
class Server {
  readonly held = new Map<string, LiveDecision>();
  readonly log: FeedMessage[] = [];
  epoch = 0;
  seq = 0;

  restart(): void {
    this.epoch++;
    this.seq = 0;
    this.log.length = 0;
  }

  change(scope: SubjectScope, subject: string, id: number): void {
    const key = `${scope} ${subject}`;
    this.seq++;
    if (id % 3 === 0) {
      this.held.delete(key);
      this.log.push({ type: 'delta', seq: this.seq, put: [], drop: [{ scope, subject }] });
    } else {
      const made = decision(subject, { scope, id: `d${id}`, untilMs: id % 2 === 0 ? null : id });
      this.held.set(key, made);
      this.log.push({ type: 'delta', seq: this.seq, put: [made], drop: [] });
    }
  }

  /** As a connection hears it from the start: the snapshot in pieces of two, then the digest. */
  all(): FeedMessage[] {
    const decisions = [...this.held.values()];
    const epoch = `e${this.epoch}`;
    const pieceCount = Math.max(1, Math.ceil(decisions.length / 2));
    const pieces = Array.from({ length: pieceCount }, (_, i): FeedMessage => ({
      type: 'snapshot',
      epoch,
      seq: this.seq,
      isFirst: i === 0,
      isLast: i === pieceCount - 1,
      decisions: decisions.slice(2 * i, 2 * i + 2),
    }));
    return [hello(epoch, this.seq), ...pieces, digest(this.seq, decisions)];
  }
}

type Step =
  | { readonly kind: 'change'; readonly subject: number; readonly scope: number; readonly id: number }
  | { readonly kind: 'lose' | 'repeat' | 'restart' | 'cut' | 'digest' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      subject: fc.nat(SUBJECTS.length - 1),
      scope: fc.nat(1),
      id: fc.nat(1000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('lose', 'repeat', 'restart', 'cut', 'digest') }),
  },
);

const asked = new WeakMap<DecisionReplica, Map<string, ReplicaSubject>>();

/** Asks as a guard does: for one subject always with the same object, which keeps what it was told. */
function findIn(replica: DecisionReplica, scope: SubjectScope, subject: string): LiveDecision | undefined {
  const known = asked.get(replica) ?? new Map<string, ReplicaSubject>();
  asked.set(replica, known);
  const key = `${scope} ${subject}`;
  const one = known.get(key) ?? { scope, keys: [subject], ip: undefined, clearedBy: undefined };
  known.set(key, one);
  return replica.find(one, () => 0);
}

/** What a replica holds, as anybody can see it. */
function viewOf(replica: DecisionReplica): Record<string, string> {
  const view: Record<string, string> = {};
  for (const scope of SCOPES)
    for (const subject of SUBJECTS) {
      const found = findIn(replica, scope, subject);
      if (found !== undefined) view[`${scope} ${subject}`] = found.id;
    }
  return view;
}

function truthOf(server: Server): Record<string, string> {
  const view: Record<string, string> = {};
  for (const scope of SCOPES)
    for (const subject of SUBJECTS) {
      const held = server.held.get(`${scope} ${subject}`);
      if (held !== undefined && held.untilMs !== 0) view[`${scope} ${subject}`] = held.id;
    }
  return view;
}

test('whatever is lost, repeated or cut, a replica that agrees to a digest is equal to the server', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const server = new Server();
      const replica = new DecisionReplica();
      let told = 0;
      const tell = (messages: readonly FeedMessage[]): boolean =>
        messages.every((message) => replica.take(message));
      const begin = (): void => {
        assert.equal(tell(server.all()), true, 'all of it always fits');
        told = server.log.length;
        assert.deepEqual(viewOf(replica), truthOf(server));
      };
      /** What a connection does: it goes on, and begins again when the replica says so. */
      const goOn = (): void => {
        if (!tell(server.log.slice(told))) begin();
        told = server.log.length;
      };
      begin();
      for (const { kind, ...more } of steps) {
        if (kind === 'change' && 'subject' in more) {
          server.change(SCOPES[more.scope] ?? 'user', SUBJECTS[more.subject] ?? 'a', more.id);
        } else if (kind === 'lose') told = server.log.length;
        else if (kind === 'repeat') told = Math.max(0, told - 2);
        else if (kind === 'restart') {
          server.restart();
          begin();
        } else if (kind === 'cut') {
          const before = viewOf(replica);
          const all = server.all();
          tell(all.slice(0, -2));
          // Half a snapshot changes nothing.
          assert.deepEqual(viewOf(replica), before);
          begin();
        } else {
          goOn();
          if (!replica.take(digest(server.seq, [...server.held.values()]))) begin();
          assert.equal(replica.isComplete, true);
          assert.deepEqual(viewOf(replica), truthOf(server));
          assert.equal(replica.decisionCount, server.held.size);
        }
      }
      goOn();
      if (!replica.take(digest(server.seq, [...server.held.values()]))) begin();
      assert.deepEqual(viewOf(replica), truthOf(server));
    }),
    { numRuns: 500 },
  );
});

test('messages in any order never throw, and never make a replica complete that has had no whole snapshot', () => {
  const messages: FeedMessage[] = [
    hello('e1', 3),
    hello('e2', 0),
    { ...snapshot('e1', 3, [decision('a')]), isFirst: false } as FeedMessage,
    { ...snapshot('e1', 3, [decision('b')]), isLast: false } as FeedMessage,
    { type: 'delta', seq: 1, put: [decision('c')], drop: [] },
    { type: 'delta', seq: 4, put: [], drop: [{ scope: 'ip', subject: 'x' }] },
    { type: 'settings', settings: settings() },
    digest(0, []),
    digest(3, []),
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(messages.length - 1), { maxLength: 30 }), (order) => {
      const replica = new DecisionReplica();
      let isComing = false;
      for (const i of order) {
        const message = messages[i] as FeedMessage;
        const fits = replica.take(message);
        if (message.type === 'hello' || !fits) isComing = false;
        else if (message.type === 'snapshot' && message.isFirst) isComing = true;
        else if (message.type === 'snapshot') assert.ok(isComing);
        if (message.type === 'snapshot' && fits && message.isLast) return;
        assert.equal(replica.isComplete, false);
        assert.equal(replica.decisionCount, 0);
      }
    }),
    { numRuns: 500 },
  );
});

test('beyond the cap decisions are left out and counted, and digests no longer send it back to the start', () => {
  const replica = new DecisionReplica({ decisionsMax: 2 });
  const three = ['a', 'b', 'c'].map((subject) => decision(subject, { untilMs: null }));
  assert.equal(replica.take(snapshot('e', 1, three)), true);
  assert.deepEqual([replica.decisionCount, replica.leftOutCount], [2, 1]);
  assert.equal(replica.take(digest(1, three)), true);
  const changed = decision('a', { id: 'other', untilMs: null });
  assert.equal(replica.take({ type: 'delta', seq: 2, put: [changed], drop: [] }), true);
  const found = findIn(replica, 'user', 'a');
  assert.equal(found?.id, 'other', 'what is held may still change');
  assert.equal(replica.take(snapshot('e', 3, three.slice(0, 2))), true);
  assert.equal(replica.leftOutCount, 0);
  assert.equal(replica.take(digest(3, three)), false);
});

test('of several decisions the gravest holds, and of equal ones that which holds longer', () => {
  const replica = new DecisionReplica();
  replica.take(
    snapshot('e', 1, [
      decision('k1', { kind: 'slow', untilMs: null }),
      decision('k2', { kind: 'refuse', untilMs: 500 }),
      decision('k3', { kind: 'refuse', untilMs: 900 }),
    ]),
  );
  const subject: ReplicaSubject = {
    scope: 'user',
    keys: ['k1', 'k2', 'k3'],
    ip: undefined,
    clearedBy: undefined,
  };
  const find = (nowMs: number) => replica.find(subject, () => nowMs)?.subject;
  assert.equal(find(100), 'k3');
  assert.equal(find(899), 'k3');
  assert.equal(find(900), 'k1');
});

test('a source that is taken up within its numbers is complete when it caught up with its own hello', () => {
  const replica = new DecisionReplica();
  replica.take(snapshot('e', 5, []));
  assert.equal(replica.isComplete, true);
  replica.take(hello('e', 7));
  assert.equal(replica.isComplete, false);
  replica.take({ type: 'delta', seq: 6, put: [], drop: [] });
  assert.equal(replica.isComplete, false);
  replica.take({ type: 'delta', seq: 7, put: [], drop: [] });
  assert.equal(replica.isComplete, true);
  replica.take(hello('e', 6));
  assert.equal(replica.isComplete, false, 'it has gone back: another past');
  assert.equal(replica.take({ type: 'delta', seq: 8, put: [], drop: [] }), false);
});
