import { existsSync } from 'node:fs';
import { ExpectedError } from '@vedette/model';
import { examineStore, repairStore, type ExaminedFile } from '@vedette/tsdb';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { lockDataDirectory } from '../../store/data-directory.ts';
import { setStateAside } from '../../store/state/sqlite-file.ts';
import { examineStateFile } from '../../store/state/state-copy.ts';
import type { Finding } from './finding.ts';

/**
 * Reads every checksum of a stopped data directory: blocks, log, tombstones, state. With `isRepairing`, what is damaged is
 * set aside under another name, as a start would; nothing is deleted.
 */
export async function storeFindings(
  directory: string,
  { isRepairing }: { readonly isRepairing: boolean },
): Promise<readonly Finding[]> {
  if (!existsSync(directory))
    return [
      { check: 'files', level: 'fail', message: `"${directory}" is not there`, remedy: 'correct --data' },
    ];
  // A new directory has nothing to read.
  if (!existsSync(`${directory}/metrics`) && !existsSync(`${directory}/state.db`)) return [];
  let release = (): void => undefined;
  try {
    const lock = lockDataDirectory(directory);
    release = () => lock.release();
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.code !== 'VED_DATA_LOCKED') throw error;
    const remedy = 'stop the server to have its files read; vedette backup reads all of a running one';
    return [{ check: 'files', level: 'warn', message: `"${directory}" is in use by a server`, remedy }];
  }
  try {
    return [
      ...(await metricsFindings(`${directory}/metrics`, isRepairing)),
      ...stateFindings(`${directory}/state.db`, isRepairing),
    ];
  } finally {
    release();
  }
}

async function metricsFindings(directory: string, isRepairing: boolean): Promise<readonly Finding[]> {
  const deps = { files: new DiskFiles(), slicer: new TimeSlicer(new SystemClock()) };
  const examined = await examineStore(deps, directory);
  const findings = examined.flatMap((file) => findingOf(file) ?? []);
  findings.push(totalOf(examined));
  if (!isRepairing || !findings.some(({ level }) => level !== 'ok')) return findings;
  const report = {
    info: () => undefined,
    warn: (message: string, { file }: Readonly<Record<string, unknown>>): void =>
      void findings.push({ check: 'repair', level: 'warn', message: `${String(file)}: ${message}` }),
  };
  await repairStore({ ...deps, report }, directory, examined);
  return findings;
}

/** `undefined` for a file without a fault. */
function findingOf({ path, kind, sizeBytes, fault, ...content }: ExaminedFile): Finding | undefined {
  if (kind === 'aside')
    return {
      check: 'set aside',
      level: 'warn',
      message: `"${path}", ${sizeBytes} bytes, was set aside as damaged: what it holds is missing from answers`,
      remedy: 'restore from a backup what is missed, then remove it',
    };
  if (fault === undefined) return undefined;
  const message = `"${path}", ${sizeBytes} bytes${fault.offset > 0 ? `, from byte ${fault.offset} on` : ''}: ${fault.reason}; ${keptOf(kind, content)}`;
  if (fault.kind === 'torn')
    return {
      check: kind,
      level: 'warn',
      message,
      remedy: 'nothing: the next start cuts it off, as after any crash',
    };
  const remedies = {
    damaged:
      'vedette doctor --data DIR --repair sets it aside, the next start does when it meets it; restore from a backup what is missed',
    version: 'start the version of Vedette that wrote it',
    unreadable:
      'make it readable for this user; if the disk is failing, restore from a backup to another one',
  };
  return { check: kind, level: 'fail', message, remedy: remedies[fault.kind] };
}

function keptOf(
  kind: ExaminedFile['kind'],
  { sampleCount, maxMs }: Pick<ExaminedFile, 'sampleCount' | 'maxMs'>,
): string {
  if (kind === 'log')
    return maxMs === undefined
      ? 'no sample before it'
      : `the ${sampleCount} samples before it, up to ${new Date(maxMs).toISOString()}, are kept`;
  return kind === 'tombstones' ? 'what was deleted is visible again' : 'none of its samples can be used';
}

function totalOf(examined: readonly ExaminedFile[]): Finding {
  const sound = examined.filter(
    ({ kind, fault }) => fault === undefined && (kind === 'block' || kind === 'log'),
  );
  const samples = sound.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const times = sound.flatMap(({ minMs, maxMs }) =>
    minMs === undefined || maxMs === undefined ? [] : [minMs, maxMs],
  );
  const range =
    times.length === 0
      ? ''
      : `, ${new Date(Math.min(...times)).toISOString()} to ${new Date(Math.max(...times)).toISOString()}`;
  const blocks = sound.filter(({ kind }) => kind === 'block').length;
  return {
    check: 'samples',
    level: 'ok',
    message: `${blocks} blocks and ${sound.length - blocks} log segments are sound: ${samples} samples${range}`,
  };
}

function stateFindings(path: string, isRepairing: boolean): readonly Finding[] {
  const { counts, fault } = examineStateFile(path);
  if (fault === undefined) {
    const held = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    return [{ check: 'state', level: 'ok', message: `"${path}" is sound: ${held.join(', ') || 'empty'}` }];
  }
  const finding: Finding = {
    check: 'state',
    level: 'fail',
    message: `"${path}": ${fault.reason}`,
    remedy:
      fault.kind === 'damaged'
        ? 'put a backup in its place; --repair, or a start, sets it aside and the next start begins with empty state'
        : 'make it readable for this user, or start the version of Vedette that wrote it',
  };
  if (!isRepairing || fault.kind !== 'damaged') return [finding];
  const aside = setStateAside(new SystemClock(), path, new Error(fault.reason));
  return [finding, { check: 'repair', level: 'warn', message: aside.message }];
}
