import * as path from 'node:path';
import { parseDurationMs } from '@vedette/model';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { SystemRandom } from '../lib/system-random.ts';
import { EXIT, assertNoArguments, parseOptions, UsageError, type CliIo, type Command } from './command.ts';
import { StoppedError } from './stop-signal.ts';
import { readTokenFile } from './token-file.ts';

// A request of a tool, of which the tool as a whole has 30 s.
const TIMEOUT_DEFAULT = '20s';
const TIMEOUT_MS_MAX = 30_000;

export const mcpCommand: Command = {
  help: `Speaks the Model Context Protocol over stdin and stdout, for assistants that start their tools as a process.
Ends with stdin. stdout carries the protocol alone; what goes wrong is an answer, or a line on stderr.

Usage: vedette mcp [options]                    bridge to a running server
       vedette mcp --prometheus URL [options]   eighteen tools over any Prometheus, without a server

Options of the bridge:
  --server URL          the server (default http://127.0.0.1:8080, or VEDETTE_URL)
  --token-file FILE     send the token in this file (or VEDETTE_TOKEN_FILE)
  --prometheus-tools    its tools with Prometheus' names (/mcp/prometheus) instead of its own (/mcp)

Options without a server:
  --prometheus URL      a server with Prometheus' HTTP API (or PROMETHEUS_URL, when neither --server nor
                        VEDETTE_URL says otherwise); may hold user and password
  --token-file FILE     send the bearer token in this file
  --http-config FILE    YAML with basic_auth, authorization, tls_config, http_headers as in Prometheus
  --timeout DURATION    how long an answer is waited for (default ${TIMEOUT_DEFAULT}, at most 30s)

Examples:
  vedette mcp
  vedette mcp --server https://vedette.example --token-file ~/.vedette-token
  vedette mcp --prometheus http://127.0.0.1:9090
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      server: { type: 'string' },
      'token-file': { type: 'string' },
      'prometheus-tools': { type: 'boolean' },
      prometheus: { type: 'string' },
      'http-config': { type: 'string' },
      timeout: { type: 'string' },
    });
    assertNoArguments(positionals);
    const prometheus = prometheusOf(values, io);
    await untilStopped(async (signal) =>
      prometheus === undefined
        ? await bridge(values, io, signal)
        : await standAlone(prometheus, values, io, signal),
    );
    return EXIT.ok;
  },
};

interface McpFlags {
  readonly server?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'prometheus-tools'?: boolean | undefined;
  readonly prometheus?: string | undefined;
  readonly 'http-config'?: string | undefined;
  readonly timeout?: string | undefined;
}

/** The Prometheus to ask without a server; `undefined`: a server is asked. */
function prometheusOf(flags: McpFlags, { env }: CliIo): string | undefined {
  if (flags.prometheus !== undefined && flags.server !== undefined)
    throw new UsageError('--prometheus asks a Prometheus and --server a Vedette; give one of them');
  const named = flags.server ?? setOf(env['VEDETTE_URL']);
  const url = flags.prometheus ?? (named === undefined ? setOf(env['PROMETHEUS_URL']) : undefined);
  if (url !== undefined)
    return urlOf(flags.prometheus === undefined ? 'PROMETHEUS_URL' : '--prometheus', url);
  for (const option of ['http-config', 'timeout'] as const)
    if (flags[option] !== undefined) throw new UsageError(`--${option} needs --prometheus`);
  return undefined;
}

/** An empty variable counts as not set. */
function setOf(variable: string | undefined): string | undefined {
  return variable === '' ? undefined : variable;
}

function urlOf(option: string, text: string): string {
  if (/^https?:\/\/[^?#]*$/i.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  // It may hold a password, or a token behind the question mark.
  const shown = /[?#]/.test(text) ? 'one that has them' : text.includes('@') ? 'another' : `"${text}"`;
  throw new UsageError(
    `${option} must be a URL such as http://127.0.0.1:9090, without ? and #; got ${shown}`,
  );
}

async function bridge(flags: McpFlags, io: CliIo, signal: AbortSignal): Promise<void> {
  const server =
    flags.server === undefined
      ? urlOf('VEDETTE_URL', setOf(io.env['VEDETTE_URL']) ?? 'http://127.0.0.1:8080')
      : urlOf('--server', flags.server);
  const { username, password } = new URL(server);
  if (username !== '' || password !== '')
    throw new UsageError(
      'the address of the server must hold no user and password; name a file with a token with --token-file',
    );
  const tokenFile = flags['token-file'] ?? setOf(io.env['VEDETTE_TOKEN_FILE']);
  const token = tokenFile === undefined ? undefined : (await readTokenFile(tokenFile)).trim();
  const url = `${server}/mcp${flags['prometheus-tools'] === true ? '/prometheus' : ''}`;
  const { runBridge } = await import('./mcp/bridge.ts');
  const deps = {
    clock: new SystemClock(),
    write: writeLine,
    warn: (text: string) => io.err(`vedette mcp: ${text}\n`),
  };
  await runBridge(deps, { url, token }, { input: process.stdin, signal });
}

async function writeLine(line: string): Promise<void> {
  if (process.stdout.write(`${line}\n`)) return;
  await new Promise<void>((resolve) => {
    process.stdout.once('drain', resolve).once('error', () => resolve());
  });
}

async function standAlone(url: string, flags: McpFlags, io: CliIo, signal: AbortSignal): Promise<void> {
  const { loadHttpConfig } = await import('./mcp/http-config-file.ts');
  const { serveStandAlone } = await import('./mcp/stand-alone.ts');
  const { createLog } = await import('../telemetry/create-log.ts');
  const { createMetricsRegistry } = await import('@vedette/sdk');
  const httpFile = flags['http-config'];
  const http = await loadHttpConfig(httpFile);
  const tokenFile = flags['token-file'];
  if (
    tokenFile !== undefined &&
    (http.authorization ?? http.basic_auth ?? http.bearer_token_file) !== undefined
  )
    throw new UsageError('--http-config says who asks already; leave --token-file out');
  // Fails now rather than at the first question.
  if (tokenFile !== undefined) await readTokenFile(tokenFile);
  const clock = new SystemClock();
  const { log, flush } = createLog(
    { clock, metrics: createMetricsRegistry(), stream: process.stderr },
    { format: 'pretty', level: 'warn' },
  );
  await serveStandAlone(
    { clock, random: new SystemRandom(), files: new DiskFiles(), log },
    {
      url,
      http:
        tokenFile === undefined
          ? http
          : { ...http, bearer_token_file: path.resolve(io.workingDirectory, tokenFile) },
      directory:
        httpFile === undefined
          ? io.workingDirectory
          : path.dirname(path.resolve(io.workingDirectory, httpFile)),
      timeoutMs: timeoutOf(flags.timeout ?? TIMEOUT_DEFAULT),
      input: process.stdin,
      output: process.stdout,
      signal,
    },
  );
  flush();
}

function timeoutOf(text: string): number {
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX) return timeoutMs;
  throw new UsageError(`--timeout must be a duration such as 10s, at most 30s; got "${text}"`);
}

/** Until the task ends, a signal of the system comes, or nobody reads stdout any more: all of them are a clean end. */
async function untilStopped(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onStop = (): void => {
    stop.abort(new StoppedError('stopped'));
    // Whoever waits for the next line of it is woken.
    process.stdin.destroy();
  };
  process.once('SIGINT', onStop).once('SIGTERM', onStop);
  process.stdout.on('error', onStop);
  try {
    await task(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.removeListener('SIGINT', onStop).removeListener('SIGTERM', onStop);
    process.stdin.destroy();
  }
}
