/** A LINE bot behind the guard. How to run it: README.md beside this file. */
import { createServer } from 'node:http';
import { LineBotClient } from '@line/bot-sdk';
import { createGuard } from '@vedette/sdk';
import { createLineBot } from '@vedette/sdk/line';
import { createProcessingLock } from '@vedette/sdk/lock';
import { CardBot } from './card-bot.ts';

const client = LineBotClient.fromChannelAccessToken({
  channelAccessToken: need('LINE_CHANNEL_ACCESS_TOKEN'),
  apiBaseURL: process.env['LINE_API_URL'] ?? 'https://api.line.me',
});
const cards = new CardBot();
const onError = (error: unknown): void => console.error(String(error));

// The guard begins here.
const guard = createGuard({
  server: { url: need('VEDETTE_URL'), token: need('VEDETTE_TOKEN') },
  ids: { mode: 'plain' },
  onError,
});
const bot = createLineBot({
  guard,
  channelSecret: need('LINE_CHANNEL_SECRET'),
  client,
  lock: createProcessingLock(),
  onEvent: (ctx) => cards.answer(ctx),
  onError,
});
// The guard ends here.

const server = createServer((request, response) => {
  if (request.url === '/webhook') void bot.webhook(request, response);
  else response.writeHead(404).end();
});
const port = Number(process.env['PORT'] ?? 3000);
server.listen(port, process.env['HOST'] ?? '127.0.0.1', () => {
  const address = server.address();
  console.log(`ready on port ${typeof address === 'object' ? address?.port : address}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());

/** Takes nothing new, ends what was taken, sends what was counted. */
async function stop(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await bot.idle();
  await guard.close();
  process.exit(0);
}

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    console.error(`cannot start: ${name} is not set; see README.md`);
    process.exit(2);
  }
  return value;
}
