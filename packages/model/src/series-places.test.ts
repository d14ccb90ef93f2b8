import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_NUMBER, SeriesPlaces } from './series-places.ts';

test('places are kept while there is more room, and until another finder clears them', () => {
  const places = new SeriesPlaces();
  places.reserve(3);
  assert.deepEqual([places.at(0), places.at(2), places.finder], [-1, -1, undefined]);
  places.note(2, 7);
  places.reserve(100);
  assert.deepEqual([places.at(2), places.at(3), places.at(99)], [7, -1, -1]);
  const finder = {};
  places.clear(finder);
  assert.deepEqual([places.at(2), places.finder], [-1, finder]);
});

test('what has no number or no room is not kept', () => {
  const places = new SeriesPlaces();
  places.reserve(2);
  for (const number of [2, NO_NUMBER]) {
    places.note(number, 5);
    assert.equal(places.at(number), -1);
  }
});
