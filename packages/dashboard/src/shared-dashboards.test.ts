import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseExpr } from '@vedette/promql/parser';
import type { Matcher } from './dashboard.ts';
import { fieldTest, isFieldMatcher } from './data/matcher.ts';
import { isTransformation } from './data/transform/transform-frames.ts';
import { fillQuery } from './fill/fill-query.ts';
import { scopeWith, type VariableSketch } from './test-support/scope.ts';
import { isReducer } from './value/reduce.ts';
import { compilePattern } from './value/safe-pattern.ts';
import { unitOf } from './value/unit.ts';
import { readVariableQuery } from './variables/query-function.ts';

const shared = process.env['VEDETTE_SHARED'] ?? join(import.meta.dirname, '../../../../shared');
const folder = join(shared, 'grafana-dashboards');
const isAbsent = !existsSync(folder) && process.env['VEDETTE_PEERS'] !== 'required';
const skip = isAbsent ? 'needs ../shared/grafana-dashboards' : false;

type Json = Readonly<Record<string, unknown>>;

/** Every object of every file, however deep. */
function objectsOf(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objectsOf);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(objectsOf)];
}

function filesOf(): Json[][] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  assert.ok(names.length >= 8);
  return names.map((name) => objectsOf(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}

test('every query of the shared dashboards parses once its variables are in', { skip }, () => {
  let count = 0;
  for (const objects of filesOf()) {
    const sketches: Record<string, VariableSketch> = {};
    for (const { name, multi, query, type } of objects) {
      if (typeof name !== 'string' || query === undefined || typeof type !== 'string') continue;
      sketches[name] = {
        values: type === 'custom' ? ['30s'] : ['a.b', 'c"d'].slice(0, multi === true ? 2 : 1),
        isMulti: multi === true,
      };
    }
    const scope = scopeWith(sketches);
    for (const { expr } of objects) {
      if (typeof expr !== 'string' || expr === '') continue;
      const filled = fillQuery(expr, scope);
      assert.equal(syntaxFault(filled), undefined, filled);
      count++;
    }
  }
  assert.ok(count >= 430, String(count));
});

test('their variables, transformations, matchers, reducers and units are all known', { skip }, () => {
  const seen = { variables: 0, transformations: 0, matchers: 0, units: 0 };
  for (const object of filesOf().flat()) {
    for (const { id } of objectsOf(object['transformations']).filter(
      (one) => 'options' in one && 'id' in one && !('matcher' in one),
    )) {
      if (typeof id !== 'string') continue;
      assert.ok(isTransformation(id), id);
      seen.transformations++;
    }
    const { matcher, unit, calcs } = object;
    if (isMatcher(matcher)) {
      assert.ok(isFieldMatcher(matcher.id), matcher.id);
      if (matcher.id === 'byRegexp')
        assert.ok(compilePattern(String(matcher.options)), String(matcher.options));
      assert.equal(typeof fieldTest(matcher), 'function');
      seen.matchers++;
    }
    if (typeof unit === 'string') {
      if (!unit.startsWith('bool') && !unit.startsWith('dt'))
        assert.notEqual(unitOf(unit).ladder[0]?.[1], unit, unit);
      seen.units++;
    }
    if (Array.isArray(calcs)) for (const calc of calcs) assert.ok(isReducer(String(calc)), String(calc));
    if (object['type'] !== 'query') continue;
    const text =
      typeof object['query'] === 'string' ? object['query'] : String((object['query'] as Json)['query']);
    assert.equal(readVariableQuery(text)?.kind, 'label-values', text);
    seen.variables++;
  }
  assert.ok(
    seen.variables >= 15 && seen.transformations >= 15 && seen.matchers >= 100 && seen.units >= 100,
    JSON.stringify(seen),
  );
});

/** A query that asks for the wrong type is the author's matter: it says so when it is asked. */
function syntaxFault(expr: string): string | undefined {
  try {
    parseExpr(expr);
  } catch (error) {
    const message = String(error);
    if (!message.includes('expected type')) return message;
  }
  return undefined;
}

function isMatcher(value: unknown): value is Matcher {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}
