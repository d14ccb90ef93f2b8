import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, VirtualClock } from '@vedette/model';
import { SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_PER_OWNER_MAX } from './push-desk.ts';
import { FakeBrowser, pushDesk, pushState } from './push-fixture.ts';

const clockAt = () => new VirtualClock({ startMs: 1_700_000_000_000 });
const MATCHERS = [createMatcher('alertname', '=', 'A')];
const HOUR_MS = 3_600_000;

test('the keys are made once and outlive the process', async () => {
  const clock = clockAt();
  const state = pushState(clock);
  const [first, second] = await Promise.all([pushDesk(clock, state).keys(), pushDesk(clock, state).keys()]);
  assert.deepEqual(first, second, 'two processes that start together agree');
  assert.deepEqual(await pushDesk(clock, state).keys(), first);
  assert.equal(Buffer.from(first.publicKey, 'base64url').length, 65);
  assert.equal(Buffer.from(first.privateKey, 'base64url').length, 32);
  assert.notEqual((await pushDesk(clock).keys()).publicKey, first.publicKey);
});

test('a device that subscribes again replaces its own', async () => {
  const desk = pushDesk(clockAt());
  await desk.subscribe(new FakeBrowser('http://x/1').draft());
  await desk.subscribe(new FakeBrowser('http://x/1').draft({ device: 'Renamed' }));
  assert.deepEqual(
    (await desk.subscriptions()).map(({ device }) => device),
    ['Renamed'],
  );
  assert.equal(await desk.unsubscribe('http://x/1'), true);
  assert.equal(await desk.unsubscribe('http://x/1'), false);
});

test('a device with a key that nothing can be encrypted for is refused', async () => {
  const desk = pushDesk(clockAt());
  const p256dh = Buffer.alloc(65, 4).toString('base64url');
  await assert.rejects(
    desk.subscribe(new FakeBrowser('http://x/1').draft({ p256dh })),
    /^InputError: cannot add the device: keys\.p256dh is no public key on P-256; send what/,
  );
  assert.deepEqual(await desk.subscriptions(), []);
});

test('devices are limited, of one owner and over all; one that is known is taken at the limit', async () => {
  const desk = pushDesk(clockAt());
  const add = (i: number, owner: string) => desk.subscribe(new FakeBrowser(`http://x/${i}`).draft({ owner }));
  for (let i = 0; i < SUBSCRIPTIONS_PER_OWNER_MAX; i++) await add(i, 'ada');
  await assert.rejects(add(1000, 'ada'), /SUBSCRIPTIONS_PER_OWNER_MAX/);
  await add(0, 'ada');
  for (let i = SUBSCRIPTIONS_PER_OWNER_MAX; i < SUBSCRIPTIONS_MAX; i++) await add(i, `owner${i}`);
  await assert.rejects(add(1001, 'bob'), /SUBSCRIPTIONS_MAX/);
  await desk.unsubscribe('http://x/0');
  await add(1001, 'bob');
});

test('an owner whose role falls acknowledges nothing more, and one who is gone hears nothing more', async () => {
  const roles = new Map<string, 'viewer' | 'operator'>([['ada', 'operator']]);
  const desk = pushDesk(clockAt(), undefined, true, (owner) => roles.get(owner));
  const draft = new FakeBrowser('http://x/1').draft({ owner: 'ada' });
  const phone = await desk.subscribe(draft);
  await desk.allowAcknowledgement('n1', MATCHERS);
  const key = await desk.ackKeyOf('n1', phone);
  roles.set('ada', 'viewer');
  assert.equal((await desk.subscriptions())[0]?.role, 'viewer');
  assert.equal(await desk.redeem(key), undefined);
  assert.equal(await desk.removeStrangers(), 0);
  roles.set('ada', 'operator');
  assert.notEqual(await desk.redeem(key), undefined, 'and the refusal has not used it up');
  roles.delete('ada');
  assert.deepEqual([await desk.subscriptions(), await desk.find('http://x/1')], [[], undefined]);
  assert.equal(await desk.removeStrangers(), 1);
  roles.set('ada', 'operator');
  assert.deepEqual(
    await desk.subscriptions(),
    [],
    'a new account of the same name has none of the old devices',
  );
});

test('a device is taken over only by who holds its keys', async () => {
  const desk = pushDesk(clockAt());
  const hers = new FakeBrowser('http://x/1').draft({ owner: 'ada' });
  await desk.subscribe(hers);
  await assert.rejects(
    desk.subscribe(new FakeBrowser('http://x/1').draft({ owner: 'eve' })),
    /somebody else/,
  );
  await assert.rejects(desk.subscribe({ ...hers, owner: 'eve', auth: 'AAAA' }), /somebody else/);
  assert.equal((await desk.find('http://x/1'))?.owner, 'ada');
  await desk.subscribe({ ...hers, owner: 'bob' });
  assert.equal((await desk.find('http://x/1'))?.owner, 'bob', 'the next one at the same browser');
});

test('an address that is not public is refused when it is told', async () => {
  const desk = pushDesk(clockAt(), undefined, false);
  await assert.rejects(
    desk.subscribe(new FakeBrowser('https://192.168.1.1/x').draft()),
    /public push service/,
  );
  await desk.subscribe(new FakeBrowser('https://push.example.org/x').draft());
});

test('a key acknowledges once, only as it was signed, and only while its device is known', async () => {
  const desk = pushDesk(clockAt());
  const phone = await desk.subscribe(new FakeBrowser('http://x/1').draft());
  const tablet = await desk.subscribe(new FakeBrowser('http://x/2').draft());
  await desk.allowAcknowledgement('n1', MATCHERS);
  const key = await desk.ackKeyOf('n1', phone);
  for (const bad of ['', '.', 'n1', `${key}x`, key.replace('n1', 'n2'), key.slice(0, -1)])
    assert.equal(await desk.redeem(bad), undefined, bad);
  const found = await desk.redeem(key);
  assert.equal(found?.subscription.device, 'Phone');
  assert.equal(await desk.redeem(key), undefined);
  assert.equal(
    await desk.redeem(await desk.ackKeyOf('n1', tablet)),
    undefined,
    'somebody has seen it already',
  );
  await desk.allowAcknowledgement('n2', MATCHERS);
  const late = await desk.ackKeyOf('n2', tablet);
  await desk.unsubscribe('http://x/2');
  assert.equal(await desk.redeem(late), undefined);
});

test('two clicks at the same time make one acknowledgement', async () => {
  const desk = pushDesk(clockAt());
  const phone = await desk.subscribe(new FakeBrowser('http://x/1').draft());
  await desk.allowAcknowledgement('n1', MATCHERS);
  const key = await desk.ackKeyOf('n1', phone);
  const found = await Promise.all([desk.redeem(key), desk.redeem(key), desk.redeem(key)]);
  assert.equal(found.filter((one) => one !== undefined).length, 1);
});

test('a key is worth nothing after twelve hours', async () => {
  const clock = clockAt();
  const desk = pushDesk(clock);
  const phone = await desk.subscribe(new FakeBrowser('http://x/1').draft());
  await desk.allowAcknowledgement('n1', MATCHERS);
  await desk.allowAcknowledgement('n2', MATCHERS);
  await clock.advance(12 * HOUR_MS - 1);
  assert.notEqual(await desk.redeem(await desk.ackKeyOf('n1', phone)), undefined);
  await clock.advance(1);
  assert.equal(await desk.redeem(await desk.ackKeyOf('n2', phone)), undefined);
});
