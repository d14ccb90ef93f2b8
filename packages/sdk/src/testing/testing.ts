/** `@vedette/sdk/testing`: what an application's tests put in place of platforms, clock and guard. */
export { fakeGuard, type FakeGuard } from './fake-guard.ts';
export { fakeLine, type FakeLine, type FakeLineEvent, type SignedWebhook } from './fake-line.ts';
export { fakeTelegram, type FakeTelegram } from './fake-telegram.ts';
export { manualClock, type ManualClock } from './manual-clock.ts';
