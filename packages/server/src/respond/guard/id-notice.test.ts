import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pseudonymsOf } from '@vedette/sdk';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { IdNotice } from './id-notice.ts';

const [PSEUDONYM = ''] = pseudonymsOf('amy', 'user', [{ kid: 'k1', key: new Uint8Array(32) }]);

function create(ids: 'pseudonym' | 'plain') {
  const told: string[] = [];
  const tell = (message: string): void => void told.push(message);
  const notice = new IdNotice({ ...SILENT_LOG, info: tell, warn: tell }, ids);
  const see = (subject: string, scope: 'user' | 'ip' = 'user'): void => notice.see([{ scope, subject }]);
  return { notice, see, told };
}

test('a plain id where pseudonyms are expected is told once, without the id', () => {
  const { see, told } = create('pseudonym');
  see(PSEUDONYM);
  see('192.0.2.1', 'ip');
  assert.deepEqual(told, []);
  see('amy-pond');
  see('rory');
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /sends plain ids, and guard\.ids is pseudonym/);
  assert.doesNotMatch(told[0] ?? '', /amy/);
});

test('plain ids are a notice at the start, pseudonyms among them a warning', () => {
  const { notice, see, told } = create('plain');
  assert.match(told[0] ?? '', /stored here as they are/);
  see('amy');
  assert.equal(told.length, 1);
  see(PSEUDONYM);
  assert.match(told[1] ?? '', /sends pseudonyms, and guard\.ids is plain/);
  notice.expect('plain');
  see(PSEUDONYM);
  assert.equal(told.length, 2);
  notice.expect('pseudonym');
  see('amy');
  assert.equal(told.length, 3, 'another setting is looked at anew');
});
