import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

interface Asked {
  readonly answer: Promise<string>;
  readonly end: (fault?: Error) => void;
}

/** Questions by name, which end when they are told to; `running` names those that were begun, in their order. */
function scene(runningMax: number) {
  const turns = new Turns(runningMax);
  const running: string[] = [];
  const ask = (name: string, signal = new AbortController().signal): Asked => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const answer = turns.run(signal, () => {
      running.push(name);
      return promise;
    });
    answer.catch(() => undefined);
    return { answer, end: (fault) => (fault === undefined ? resolve(name) : reject(fault)) };
  };
  return { ask, running };
}

/** Lets everything go on that can. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

test('as many run as may, the next when one ends, in the order they came', async () => {
  const { ask, running } = scene(2);
  const [a, b, c] = [ask('a'), ask('b'), ask('c'), ask('d')];
  await settled();
  expect(running).toEqual(['a', 'b']);
  b.end();
  await settled();
  expect(running).toEqual(['a', 'b', 'c']);
  a.end();
  c.end();
  await settled();
  expect(running).toEqual(['a', 'b', 'c', 'd']);
  expect(await a.answer).toBe('a');
});

test('a question that fails gives its place on, and its fault to who asked', async () => {
  const { ask, running } = scene(1);
  const first = ask('a');
  ask('b');
  first.end(new Error('no'));
  await expect(first.answer).rejects.toThrow('no');
  await settled();
  expect(running).toEqual(['a', 'b']);
});

test('who gives up while waiting is never asked and takes no place', async () => {
  const { ask, running } = scene(1);
  const first = ask('a');
  const gone = new AbortController();
  const second = ask('b', gone.signal);
  ask('c');
  gone.abort(new Error('scrolled away'));
  await expect(second.answer).rejects.toThrow('scrolled away');
  first.end();
  await settled();
  expect(running).toEqual(['a', 'c']);
});

test('who has given up before is refused at once', async () => {
  const { ask, running } = scene(1);
  await expect(ask('a', AbortSignal.abort(new Error('gone'))).answer).rejects.toThrow('gone');
  ask('b');
  await settled();
  expect(running).toEqual(['b']);
});
