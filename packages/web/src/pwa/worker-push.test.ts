import { expect, test } from 'vitest';
import { clickMessage, showMessage } from './worker-push.ts';
import type { WorkerNotificationOptions, WorkerScope } from './worker-types.ts';

const BASE = 'https://box.example/vedette/';

function start(pages: readonly string[] = []) {
  const shown: { title: string; options: WorkerNotificationOptions }[] = [];
  const done: string[] = [];
  const scope = {
    registration: {
      scope: BASE,
      showNotification: (title: string, options: WorkerNotificationOptions) => {
        shown.push({ title, options });
        return Promise.resolve();
      },
    },
    clients: {
      matchAll: () =>
        Promise.resolve(
          pages.map((url) => ({
            url,
            focus: () => Promise.resolve(done.push(`focus ${url}`)),
            navigate: (to: string) => Promise.resolve(done.push(`navigate ${to}`)),
          })),
        ),
      openWindow: (url: string) => Promise.resolve(done.push(`open ${url}`)),
    },
  } as unknown as WorkerScope;
  const asked: [url: string, body: unknown][] = [];
  const askWith =
    (status: number): typeof fetch =>
    (url, init) => {
      asked.push([url as string, JSON.parse(init?.body as string)]);
      return status === 0
        ? Promise.reject(new Error('offline'))
        : Promise.resolve(new Response(null, { status }));
    };
  return { scope, shown, done, asked, askWith };
}

const MESSAGE = {
  title: '[FIRING:1] DiskFull',
  body: 'sda is full',
  tag: 't1',
  path: '/alerts?filter=x',
  language: 'zh-Hans',
  isUrgent: true,
  ackKey: 'k1',
};

test('a message is shown in the language of its device, with what can be done', async () => {
  const { scope, shown } = start();
  await showMessage(scope, JSON.stringify(MESSAGE));
  const { title, options } = shown[0]!;
  expect(title).toBe('[FIRING:1] DiskFull');
  expect(options).toMatchObject({
    body: 'sda is full',
    tag: 't1',
    requireInteraction: true,
    lang: 'zh-Hans',
  });
  expect(options.actions).toEqual([
    { action: 'acknowledge', title: '确认' },
    { action: 'open', title: '打开' },
  ]);
  expect(options.icon).toBe(`${BASE}icons/icon-192.png`);
});

test('without a key, and in a language that is not known, it can be opened only', async () => {
  const { scope, shown } = start();
  const { ackKey: _without, ...rest } = MESSAGE;
  await showMessage(scope, JSON.stringify({ ...rest, language: 'xx' }));
  expect(shown[0]!.options.actions).toEqual([{ action: 'open', title: 'Open' }]);
});

test('a click opens the alerts, in a page that is open already if there is one', async () => {
  const click = { action: '', data: MESSAGE, tag: 't1' };
  const closed = start(['https://box.example/other/']);
  await clickMessage(closed.scope, click, closed.askWith(200));
  expect(closed.done).toEqual([`open ${BASE}alerts?filter=x`]);
  const open = start([`${BASE}explore`]);
  await clickMessage(open.scope, { ...click, action: 'open' }, open.askWith(200));
  expect(open.done).toEqual([`focus ${BASE}explore`, `navigate ${BASE}alerts?filter=x`]);
});

test('a path leads nowhere but to our own pages', async () => {
  const { scope, done, askWith } = start();
  for (const path of ['//evil.example/', 'https://evil.example/', '/../../x', 'javascript:alert(1)'])
    await clickMessage(scope, { action: 'open', data: { ...MESSAGE, path }, tag: 't1' }, askWith(200));
  for (const one of done) expect(one.startsWith(`open ${BASE}`)).toBe(true);
});

test('acknowledging sends the key and says what became of it', async () => {
  const check = async (status: number, want: string): Promise<void> => {
    const { scope, shown, asked, askWith } = start();
    await clickMessage(scope, { action: 'acknowledge', data: MESSAGE, tag: 't1' }, askWith(status));
    expect(asked).toEqual([[`${BASE}api/vedette/alerts/acknowledge`, { key: 'k1' }]]);
    expect(shown[0]!.options).toMatchObject({ body: want, tag: 't1' });
    expect(shown[0]!.options.data).not.toHaveProperty('ackKey');
  };
  await check(200, '已确认：静默一小时');
  await check(404, '未能确认：请打开告警后重试');
  await check(0, '未能确认：请打开告警后重试');
});
