import { createServer } from 'node:net';
import { mkdtemp, open, rm, statfs, stat } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { ExpectedError } from '@vedette/model';
import { assertNoArguments, EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';
import { configDirectory } from '../config/load.ts';
import {
  loadStartSettings,
  START_OPTIONS,
  type StartFlags,
  type StartSettings,
} from '../config/start-settings.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { VEDETTE_VERSION } from '../lib/version.ts';
import type { Finding } from './doctor/finding.ts';
import { createPrometheusApi } from '../store/metrics/prometheus/prometheus-api.ts';

export const doctorCommand: Command = {
  help: `Looks for what is wrong with this installation: Node, memory, disk, data directory, port,
configuration, metrics engine, clock, limits. Each line is ok, warn or FAIL with one remedy.

Usage: vedette doctor [--config FILE] [--listen HOST:PORT] [--data DIR] [--repair] [--json]

Options:
  --data DIR   also read every checksum in this data directory, if no server works on it
  --repair     set damaged files in there aside under other names, as a start would; nothing is deleted

Examples:
  vedette doctor
  vedette doctor --data /var/lib/vedette
  vedette doctor --config vedette.yml --json
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      ...START_OPTIONS,
      repair: { type: 'boolean' },
      json: { type: 'boolean' },
    });
    assertNoArguments(positionals);
    const { repair: isRepairing = false, data } = values;
    if (isRepairing && data === undefined) throw new UsageError('--repair needs --data DIR');
    const findings = [...(await examine(values, io))];
    if (data !== undefined) {
      const { storeFindings } = await import('./doctor/store-findings.ts');
      findings.push(...(await storeFindings(path.resolve(io.workingDirectory, data), { isRepairing })));
    }
    if (values.json === true) io.out(`${JSON.stringify(findings)}\n`);
    else for (const finding of findings) io.out(printFinding(finding));
    return findings.some(({ level }) => level === 'fail') ? EXIT.checkFailed : EXIT.ok;
  },
};

async function examine(flags: StartFlags, io: CliIo): Promise<readonly Finding[]> {
  const findings: Finding[] = [nodeFinding(), memoryFinding()];
  try {
    const settings = await loadStartSettings(flags, io);
    findings.push({
      check: 'configuration',
      level: 'ok',
      message:
        settings.configFile === undefined ? 'none; defaults are used' : `"${settings.configFile}" is valid`,
    });
    const { listen } = settings.config.server;
    const cut = listen.lastIndexOf(':');
    findings.push(
      await portFinding(listen.slice(0, cut).replace(/^\[|\]$/g, ''), Number(listen.slice(cut + 1))),
    );
    findings.push(...(await dataFindings(path.resolve(io.workingDirectory, settings.dataDirectory))));
    findings.push(...(await engineFindings(settings)));
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    findings.push({
      check: 'configuration',
      level: 'fail',
      message: error.message,
      remedy: 'correct the file and run vedette doctor again',
    });
  }
  return findings;
}

function printFinding({ check, level, message, remedy }: Finding): string {
  const word = level === 'fail' ? 'FAIL' : level.padEnd(4);
  return `${word}  ${check.padEnd(14)} ${message}${remedy === undefined ? '' : `\n      ${' '.repeat(14)} → ${remedy}`}\n`;
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isSupported = major > 24 || (major === 24 && minor >= 12);
  const message = `Node ${process.versions.node} (${process.execPath})`;
  return isSupported
    ? { check: 'runtime', level: 'ok', message }
    : {
        check: 'runtime',
        level: 'fail',
        message,
        remedy: 'run npm ci: it brings the right Node along; or install Node 24.12 or newer',
      };
}

/** Idle takes 150 MB; a small machine with 10,000 series stays below 200 MB. */
const MEMORY_BYTES_MIN = 256 * 1024 * 1024;

function memoryFinding(): Finding {
  const availableBytes = Math.min(process.availableMemory(), os.totalmem());
  const message = `${Math.round(availableBytes / 1e6)} MB available of ${Math.round(process.constrainedMemory() > 0 ? Math.min(process.constrainedMemory(), os.totalmem()) / 1e6 : os.totalmem() / 1e6)} MB`;
  if (availableBytes >= MEMORY_BYTES_MIN) return { check: 'memory', level: 'ok', message };
  return {
    check: 'memory',
    level: 'warn',
    message,
    remedy: 'free some memory or raise the container limit to 256 MB',
  };
}

/** A port that is taken may be our own running server, so that is a warning and not a fault. */
function portFinding(host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const remedy =
        error.code === 'EADDRINUSE'
          ? 'fine if that is Vedette itself; else stop it or choose another with --listen'
          : 'choose another address with --listen';
      resolve({
        check: 'address',
        level: error.code === 'EADDRINUSE' ? 'warn' : 'fail',
        message: `cannot listen on ${host}:${port}: ${error.code ?? error.message}`,
        remedy,
      });
    });
    server.listen(port, host, () => {
      server.close();
      resolve({ check: 'address', level: 'ok', message: `${host}:${port} is free` });
    });
  });
}

/** A server in use answers this within milliseconds. */
const ENGINE_MS_MAX = 5000;

/** Whether the metrics engine answers, when it is another server. */
async function engineFindings({ config, configFile }: StartSettings): Promise<readonly Finding[]> {
  const { metrics } = config.storage;
  if (metrics.engine !== 'prometheus') return [];
  const api = createPrometheusApi(
    { files: new DiskFiles() },
    {
      url: metrics.url,
      http: metrics,
      directory: configDirectory(configFile, process.cwd()),
      userAgent: `Vedette/${VEDETTE_VERSION}`,
    },
  );
  const check = 'metrics engine';
  try {
    const form = new URLSearchParams({ query: '1' });
    const signal = AbortSignal.timeout(ENGINE_MS_MAX);
    await api.call({ path: '/api/v1/query', method: 'POST', form }, (data) => data.skip(), signal);
    return [{ check, level: 'ok', message: `${api.url} answers` }];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const remedy = 'start it, or correct storage.metrics; Vedette starts without it and says so on its page';
    return [{ check, level: 'fail', message, remedy }];
  } finally {
    api.close();
  }
}

/** The store stops writing below its floor; a warning comes well before. */
const DISK_BYTES_WARN = 2e9;

/** File systems whose locks or fsync cannot be trusted (statfs type numbers of Linux). */
const REMOTE_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
]);

async function dataFindings(directory: string): Promise<readonly Finding[]> {
  const parent = await nearestExisting(directory);
  const stats = await statfs(parent);
  const freeBytes = stats.bavail * stats.bsize;
  const space = `${(freeBytes / 1e9).toFixed(1)} GB free for "${directory}"`;
  const findings: Finding[] = [
    freeBytes >= DISK_BYTES_WARN
      ? { check: 'disk', level: 'ok', message: space }
      : {
          check: 'disk',
          level: 'warn',
          message: space,
          remedy: 'free some space or shorten storage.metrics.retention',
        },
  ];
  const remote = REMOTE_FILE_SYSTEMS.get(stats.type);
  if (remote !== undefined)
    findings.push({
      check: 'file system',
      level: 'warn',
      message: `"${parent}" is on ${remote}`,
      remedy: 'put the data directory on a local disk: locks and fsync do not hold there',
    });
  findings.push(await writeFinding(parent));
  return findings;
}

async function nearestExisting(directory: string): Promise<string> {
  for (let current = directory; ; current = path.dirname(current)) {
    if (
      await stat(current).then(
        () => true,
        () => false,
      )
    )
      return current;
    if (current === path.dirname(current)) return current;
  }
}

/** An fsync slower than this delays what must be durable before it is acknowledged. */
const SYNC_MS_WARN = 100;

async function writeFinding(parent: string): Promise<Finding> {
  try {
    const directory = await mkdtemp(path.join(parent, '.vedette-doctor-'));
    try {
      const handle = await open(path.join(directory, 'probe'), 'w');
      await handle.write(Buffer.alloc(1024 * 1024));
      const startMs = performance.now();
      await handle.sync();
      const syncMs = performance.now() - startMs;
      await handle.close();
      const message = `writable; fsync of 1 MiB takes ${syncMs.toFixed(1)} ms`;
      return syncMs <= SYNC_MS_WARN
        ? { check: 'writing', level: 'ok', message }
        : {
            check: 'writing',
            level: 'warn',
            message,
            remedy: 'use a faster disk: silences and decisions wait for it',
          };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  } catch (error) {
    return {
      check: 'writing',
      level: 'fail',
      message: `cannot write in "${parent}": ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'give the user that runs Vedette the right to write there, or choose another with --data',
    };
  }
}
