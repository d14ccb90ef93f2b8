import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisStateConfig } from './config.ts';

test('state is embedded unless Redis is named', () => {
  assert.deepEqual(redisStateConfig.parse({ engine: 'embedded' }), { engine: 'embedded' });
  assert.deepEqual(redisStateConfig.parse({}), { engine: 'embedded' });
  assert.deepEqual(redisStateConfig.parse({ engine: 'redis', url: 'rediss://me@host/3' }), {
    engine: 'redis',
    url: 'rediss://me@host/3',
    key_prefix: 'vedette:state:',
  });
});

test('addresses that are none of Redis are refused in words', () => {
  const check = (url: string): void => {
    const result = redisStateConfig.safeParse({ engine: 'redis', url });
    assert.match(result.error?.issues[0]?.message ?? 'accepted', /must be a URL such as redis:/, url);
  };
  for (const url of [
    '',
    'localhost:6379',
    'http://host',
    'redis://',
    'redis://host/db',
    'redis://host?x=1',
    'unix://',
  ])
    check(url);
  for (const url of ['redis://127.0.0.1', 'redis://[::1]:6380/1', 'unix:///run/redis/redis.sock'])
    assert.equal(redisStateConfig.safeParse({ engine: 'redis', url }).success, true, url);
  assert.match(
    redisStateConfig.safeParse({ engine: 'etcd' }).error?.issues[0]?.message ?? '',
    /must be one of "embedded", "redis"/,
  );
});

test('a password in the address is refused, and not repeated', () => {
  const message = redisStateConfig.safeParse({ engine: 'redis', url: 'redis://me:hunter2@host' }).error
    ?.message;
  assert.match(message ?? '', /must not hold a password; put it into password_file/);
  assert.doesNotMatch(message ?? '', /hunter2/);
});
