import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { ApiError } from '../prometheus-api/api-error.ts';
import { jsonBodyOf } from './json-body.ts';

const schema = z.strictObject({ name: z.string(), tags: z.array(z.string()).max(2).default([]) });
const EXAMPLE = '{"name":"ada"}';

const read = (text: string | Uint8Array, type?: string): unknown =>
  jsonBodyOf(
    { body: Buffer.from(text), headers: type === undefined ? {} : { 'content-type': type } },
    schema,
    EXAMPLE,
  );

const refused = (text: string | Uint8Array, want: string, type?: string): void =>
  assert.throws(
    () => read(text, type),
    (error) => error instanceof ApiError && error.message === `cannot read the body: ${want}`,
  );

test('a body is read by its schema, called JSON in any of the usual ways, or nothing at all', () => {
  for (const type of [
    undefined,
    'application/json',
    'application/json; charset=utf-8',
    'Application/problem+JSON',
    'text/plain;charset=UTF-8',
  ])
    assert.deepEqual(read('{"name":"ada"}', type), { name: 'ada', tags: [] });
});

test('a body that calls itself something else is refused with what to send', () => {
  for (const type of [
    'text/html',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonx',
    '',
  ])
    refused(
      '{"name":"ada"}',
      `got content-type ${JSON.stringify(type)}, want "application/json"; send that header with it`,
      type,
    );
});

test('what is wrong with a body is told with its place, what came and what is wanted', () => {
  refused('', `it is empty; want JSON such as ${EXAMPLE}`);
  refused(
    '{"name":7}',
    `name: Invalid input: expected string, received number; want JSON such as ${EXAMPLE}`,
  );
  refused('[]', `Invalid input: expected object, received array; want JSON such as ${EXAMPLE}`);
  refused(
    '{"name":"a","tags":["b",1]}',
    `tags.1: Invalid input: expected string, received number; want JSON such as ${EXAMPLE}`,
  );
  refused('['.repeat(5000), `it is nested more than 100 deep (JSON_DEPTH_MAX); want JSON such as ${EXAMPLE}`);
  refused(Uint8Array.of(0x22, 0xc3, 0x22), `it is not text in UTF-8; want JSON such as ${EXAMPLE}`);
});

test('a key called __proto__ is one that is not known', () => {
  refused('{"name":"a","__proto__":{}}', `Unrecognized key: "__proto__"; want JSON such as ${EXAMPLE}`);
});
