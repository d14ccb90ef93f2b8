import { manualClock } from '../testing/manual-clock.ts';
import { LocalLockStore } from './local-lock-store.ts';
import { testLockStore } from './lock-store.contract.ts';
import { connectClient, skipWithoutRedis, startRedis } from '../redis/redis-fixture.ts';
import { RedisLockStore } from './redis-lock-store.ts';

testLockStore('local', false, () => {
  const clock = manualClock();
  return Promise.resolve({ store: new LocalLockStore(clock), advance: (byMs) => clock.advance(byMs) });
});

testLockStore('redis', skipWithoutRedis(), async (t) => {
  const redis = await startRedis();
  t.after(redis.close);
  const client = await connectClient(redis.path);
  t.after(() => client.destroy());
  // Redis has a clock of its own: there is nothing to do but to wait until it says that the key is gone.
  const advance = async (): Promise<void> => {
    while ((await client.exists('test:k')) > 0);
  };
  return { store: new RedisLockStore(client, 'test:'), advance };
});
