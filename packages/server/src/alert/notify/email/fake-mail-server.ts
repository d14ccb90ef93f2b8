/**
 * For tests: a mail server on a real socket of this machine. It keeps to the order of the dialogue, refuses
 * to let anybody sign in before the connection is encrypted, checks passwords and challenges, and takes
 * nothing whose lines are not those of SMTP. Troubles are scripted by verb, each for one command.
 */
import { createHmac } from 'node:crypto';
import * as net from 'node:net';
import * as tls from 'node:tls';

export interface FakeMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came, without the dots of the transport. */
  readonly source: string;
  readonly isEncrypted: boolean;
  /** Who signed in. */
  readonly user: string | undefined;
}

/** An answer in place of the server's own; none at all is `hang`, a connection that is cut `reset`. */
type FakeMailTrouble = string;

export interface FakeMailOptions {
  /** With it STARTTLS is offered; `implicitTls` begins with it. */
  readonly identity?: { readonly key: string; readonly cert: string };
  readonly implicitTls?: boolean;
  /** What AUTH offers; nobody gets in without one of them. */
  readonly authMethods?: readonly string[];
  readonly authBeforeTls?: boolean;
  readonly sizeMax?: number;
  /** Recipients that are refused, with the answer. */
  readonly refused?: Readonly<Record<string, string>>;
}

export const FAKE_USER = 'vedette';
export const FAKE_PASSWORD = 'correct horse: battery';

type Verb = 'CONNECT' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'BODY' | 'QUIT';

export class FakeMailServer {
  readonly taken: FakeMail[] = [];
  /** First words of all commands, in order. */
  readonly verbs: string[] = [];
  /** Names that clients greeted with. */
  readonly greetings: string[] = [];
  readonly options: FakeMailOptions;
  readonly #troubles = new Map<Verb, FakeMailTrouble[]>();
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #onHang: () => void = () => undefined;

  constructor(options: FakeMailOptions = {}) {
    this.options = options;
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      const isEncrypted = options.implicitTls === true;
      new Session(this, isEncrypted ? this.encrypted(socket) : socket, { raw: socket, isEncrypted }).begin();
    });
  }

  static async with(options: FakeMailOptions, run: (server: FakeMailServer) => Promise<void>): Promise<void> {
    const server = new FakeMailServer(options);
    await new Promise<void>((done) => void server.#server.listen(0, '127.0.0.1', done));
    try {
      await run(server);
    } finally {
      await server.close();
    }
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  script(verb: Verb, ...troubles: readonly FakeMailTrouble[]): void {
    this.#troubles.set(verb, [...(this.#troubles.get(verb) ?? []), ...troubles]);
  }

  takeTrouble(verb: Verb): FakeMailTrouble | undefined {
    const trouble = this.#troubles.get(verb)?.shift();
    if (trouble === 'hang') this.#onHang();
    return trouble;
  }

  /** Resolves when a command meets `hang`. */
  async nextHang(): Promise<void> {
    await new Promise<void>((resolve) => (this.#onHang = resolve));
  }

  encrypted(socket: net.Socket): tls.TLSSocket {
    const { key = '', cert = '' } = this.options.identity ?? {};
    const secure = new tls.TLSSocket(socket, {
      isServer: true,
      secureContext: tls.createSecureContext({ key, cert }),
    });
    secure.on('error', () => undefined);
    return secure;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((done) => this.#server.close(done));
  }
}

/** One connection: a line in, an answer out. */
class Session {
  readonly #server: FakeMailServer;
  readonly #raw: net.Socket;
  #socket: net.Socket;
  #isEncrypted: boolean;
  #pending = '';
  #next: ((line: string) => void) | undefined;
  #user: string | undefined;
  #from: string | undefined;
  #to: string[] = [];

  constructor(server: FakeMailServer, socket: net.Socket, of: { raw: net.Socket; isEncrypted: boolean }) {
    this.#server = server;
    this.#socket = socket;
    this.#raw = of.raw;
    this.#isEncrypted = of.isEncrypted;
  }

  begin(): void {
    this.#listen();
    this.#answer('CONNECT', '220 fake.test ESMTP');
  }

  #listen(): void {
    this.#socket.on('data', (part: Buffer) => {
      this.#pending += part.toString('latin1');
      for (let end = this.#pending.indexOf('\r\n'); end >= 0; end = this.#pending.indexOf('\r\n')) {
        const line = this.#pending.slice(0, end);
        this.#pending = this.#pending.slice(end + 2);
        const take = this.#next ?? ((command) => this.#obey(command));
        this.#next = undefined;
        take(line);
      }
    });
  }

  /** Says what is right, or what the script has for the verb; whether it was right. */
  #answer(verb: Verb, text: string): boolean {
    const trouble = this.#server.takeTrouble(verb);
    if (trouble === 'hang') return false;
    if (trouble === 'reset') {
      this.#raw.resetAndDestroy();
      return false;
    }
    this.#socket.write(`${trouble ?? text}\r\n`);
    return trouble === undefined;
  }

  #obey(line: string): void {
    const [verb = '', ...rest] = line.split(' ');
    this.#server.verbs.push(verb);
    if (verb === 'EHLO') return this.#greet(rest.join(' '));
    if (verb === 'STARTTLS') return this.#encrypt();
    if (verb === 'AUTH') return this.#signIn(rest);
    if (verb === 'MAIL') return this.#mail(line);
    if (verb === 'RCPT') return this.#recipient(line);
    if (verb === 'DATA') return this.#data();
    if (verb === 'QUIT') this.#answer('QUIT', '221 bye');
    else this.#answer('CONNECT', `500 ${verb} is unknown`);
  }

  #greet(name: string): void {
    this.#server.greetings.push(name);
    const { identity, authMethods = [], authBeforeTls = false, sizeMax } = this.#server.options;
    const lines = ['fake.test', 'PIPELINING', '8BITMIME'];
    if (identity !== undefined && !this.#isEncrypted) lines.push('STARTTLS');
    if (authMethods.length > 0 && (this.#isEncrypted || authBeforeTls))
      lines.push(`AUTH ${authMethods.join(' ')}`);
    if (sizeMax !== undefined) lines.push(`SIZE ${sizeMax}`);
    const last = lines.length - 1;
    this.#answer('EHLO', lines.map((text, i) => `250${i === last ? ' ' : '-'}${text}`).join('\r\n'));
  }

  #encrypt(): void {
    if (this.#server.options.identity === undefined)
      return void this.#answer('STARTTLS', '502 not implemented');
    if (!this.#answer('STARTTLS', '220 go ahead')) return;
    this.#socket.removeAllListeners('data');
    this.#socket = this.#server.encrypted(this.#socket);
    this.#isEncrypted = true;
    this.#pending = '';
    this.#listen();
  }

  #signIn([method = '', initial = '']: readonly string[]): void {
    const { authMethods = [], authBeforeTls = false } = this.#server.options;
    if (!this.#isEncrypted && !authBeforeTls) return void this.#answer('AUTH', '538 encryption is required');
    if (!authMethods.includes(method)) return void this.#answer('AUTH', '504 unknown method');
    const finish = (isRight: boolean): void => {
      if (this.#answer('AUTH', isRight ? '235 welcome' : '535 5.7.8 who are you?') && isRight)
        this.#user = FAKE_USER;
    };
    if (method === 'PLAIN')
      return finish(/^(?:boss)?\0vedette\0correct horse: battery$/.test(decoded(initial)));
    const ask = (question: string, take: (text: string) => void): void => {
      this.#socket.write(`334 ${Buffer.from(question).toString('base64')}\r\n`);
      this.#next = (line) => take(decoded(line));
    };
    if (method === 'CRAM-MD5') {
      const challenge = '<1896.697170952@fake.test>';
      const digest = createHmac('md5', FAKE_PASSWORD).update(challenge).digest('hex');
      return ask(challenge, (text) => finish(text === `${FAKE_USER} ${digest}`));
    }
    ask('Username:', (user) =>
      ask('Password:', (password) => finish(user === FAKE_USER && password === FAKE_PASSWORD)),
    );
  }

  #mail(line: string): void {
    const { authMethods = [] } = this.#server.options;
    const from = /^MAIL FROM:<([^<>\s]+@[^<>\s]+)>(?: [A-Z0-9=]+)*$/.exec(line)?.[1];
    if (authMethods.length > 0 && this.#user === undefined)
      return void this.#answer('MAIL', '530 sign in first');
    if (from === undefined) return void this.#answer('MAIL', '501 no address');
    if (this.#answer('MAIL', '250 ok')) this.#from = from;
  }

  #recipient(line: string): void {
    const to = /^RCPT TO:<([^<>\s]+@[^<>\s]+)>$/.exec(line)?.[1];
    if (this.#from === undefined) return void this.#answer('RCPT', '503 MAIL first');
    if (to === undefined) return void this.#answer('RCPT', '501 no address');
    const refusal = this.#server.options.refused?.[to];
    if (refusal !== undefined) return void this.#answer('RCPT', refusal);
    if (this.#answer('RCPT', '250 ok')) this.#to.push(to);
  }

  #data(): void {
    if (this.#to.length === 0) return void this.#answer('DATA', '503 RCPT first');
    if (!this.#answer('DATA', '354 end with a dot')) return;
    const lines: string[] = [];
    const take = (line: string): void => {
      if (line !== '.') {
        lines.push(line.startsWith('.') ? line.slice(1) : line);
        this.#next = take;
        return;
      }
      this.#finish(lines);
    };
    this.#next = take;
  }

  #finish(lines: readonly string[]): void {
    const isBroken = lines.some((line) => line.length > 998 || /[\r\n\0]/.test(line));
    if (isBroken) return void this.#answer('BODY', '554 5.6.0 a line is none of SMTP');
    const mail = { source: lines.join('\r\n'), isEncrypted: this.#isEncrypted, user: this.#user };
    const [from, to] = [this.#from ?? '', this.#to];
    this.#from = undefined;
    this.#to = [];
    if (this.#answer('BODY', '250 queued')) this.#server.taken.push({ ...mail, from, to });
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
