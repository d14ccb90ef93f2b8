import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RedisRefusal, type RedisConnection, type RedisReply } from '../../lib/redis-connection.ts';
import { inspectRedis } from './redis-health.ts';

/** Answers INFO with these fields and CONFIG GET with these settings; without settings it refuses CONFIG, as hosted ones do. */
function connectionTo(
  info: Readonly<Record<string, string>>,
  settings?: Readonly<Record<string, string>>,
): RedisConnection {
  const lines = Object.entries({ redis_mode: 'standalone', role: 'master', ...info });
  const call = async ([command, , name = '']: readonly string[]): Promise<RedisReply> => {
    if (command === 'INFO')
      return `# Server\r\n${lines.map(([key, value]) => `${key}:${value}\r\n`).join('')}`;
    if (settings === undefined) throw new RedisRefusal("ERR unknown command 'CONFIG'");
    return settings[name] === undefined ? [] : [name, settings[name]];
  };
  return { address: 'redis://here', call } as Partial<RedisConnection> as RedisConnection;
}

const SAFE = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };

test('while Redis loads its append-only file it is not said to have none', async () => {
  const loading = { loading: '1', aof_enabled: '0' };
  assert.deepEqual(await inspectRedis(connectionTo(loading, SAFE)), []);
  const hosted = await inspectRedis(connectionTo(loading));
  assert.match(hosted.join('\n'), /^Redis does not tell its appendfsync/);
  const without = await inspectRedis(connectionTo(loading, { ...SAFE, appendonly: 'no' }));
  assert.match(without.join('\n'), /^Redis keeps no append-only file/);
});

test('one that does not tell its settings is judged by what INFO says', async () => {
  const running = await inspectRedis(connectionTo({ loading: '0', aof_enabled: '0' }));
  assert.match(running.join('\n'), /^Redis keeps no append-only file/);
  const full = await inspectRedis(
    connectionTo({ aof_enabled: '1', role: 'slave', maxmemory_policy: 'volatile-ttl' }),
  );
  assert.equal(full.length, 3);
  assert.match(full[0] ?? '', /is a replica/);
  assert.match(full[1] ?? '', /does not tell its appendfsync/);
  assert.match(full[2] ?? '', /throws leases away .*volatile-ttl/);
});
