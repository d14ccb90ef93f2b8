import { expect, test } from 'vitest';
import { beginHistory, hasChanges, markSaved, redoStep, takeStep, undoStep } from './edit-history.ts';

const titled = (title: string) => ({ title });

test('undo and redo go back and forth through the steps', () => {
  const done = takeStep(takeStep(beginHistory(titled('a')), titled('b')), titled('c'));
  expect(undoStep(done).present).toEqual({ title: 'b' });
  expect(undoStep(undoStep(done)).present).toEqual({ title: 'a' });
  expect(undoStep(undoStep(undoStep(done))).present).toEqual({ title: 'a' });
  expect(redoStep(undoStep(done)).present).toEqual({ title: 'c' });
  expect(redoStep(done).present).toEqual({ title: 'c' });
});

test('a new change after undo leaves what was undone behind', () => {
  const changed = takeStep(undoStep(takeStep(beginHistory(titled('a')), titled('b'))), titled('c'));
  expect(redoStep(changed).present).toEqual({ title: 'c' });
});

test('typing is one step; another field, or undo in between, begins a new one', () => {
  let typed = takeStep(beginHistory(titled('')), titled('A'), 'title');
  typed = takeStep(typed, titled('AP'), 'title');
  expect(undoStep(typed).present).toEqual({ title: '' });
  const other = takeStep(typed, { title: 'AP', unit: 's' } as never, 'unit');
  expect(undoStep(other).present).toEqual({ title: 'AP' });
  const again = takeStep(undoStep(other), titled('API'), 'title');
  expect(undoStep(again).present).toEqual({ title: 'AP' });
});

test('a dashboard that is as it was saved has no changes, also when it was typed back', () => {
  const begun = beginHistory(titled('a'));
  expect(hasChanges(begun)).toBe(false);
  expect(hasChanges(takeStep(begun, titled('b')))).toBe(true);
  expect(hasChanges(takeStep(takeStep(begun, titled('b')), titled('a')))).toBe(false);
});

test('saving keeps what can be undone, and undoing is then a change', () => {
  const saved = markSaved(takeStep(beginHistory(titled('a')), titled('b')), titled('b'));
  expect(hasChanges(saved)).toBe(false);
  expect(hasChanges(undoStep(saved))).toBe(true);
});

test('a hundred steps are kept, the oldest go', () => {
  let history = beginHistory(titled('0'));
  for (let i = 1; i <= 101; i += 1) history = takeStep(history, titled(String(i)));
  expect(history.past.length).toBe(100);
  expect(history.past[0]).toEqual({ title: '1' });
});

test('the same dashboard again is no step', () => {
  const begun = beginHistory(titled('a'));
  expect(takeStep(begun, begun.present)).toBe(begun);
});
