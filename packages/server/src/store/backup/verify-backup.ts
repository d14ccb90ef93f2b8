import { createHash } from 'node:crypto';
import type { Files, Slicer } from '@vedette/model';
import { examineStore, type ExaminedFile } from '@vedette/tsdb';
import { examineStateFile } from '../state/state-copy.ts';
import { readPieces } from './file-tree.ts';
import { invalid, readManifest, type BackupContent, type Manifest, type ManifestFile } from './manifest.ts';

/** Faults told one by one; more are a number. */
const FAULTS_TOLD_MAX = 10;

export interface VerifyDeps {
  readonly files: Files;
  readonly slicer: Slicer;
}

/**
 * Reads a backup whole: the manifest and its checksum, each file's size and SHA-256, every checksum inside blocks and
 * log, the integrity of the state; and counts. Rejects like `readManifest`, and with VED_BACKUP_INVALID that names what
 * differs.
 */
export async function verifyBackup(
  deps: VerifyDeps,
  directory: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const manifest = await readManifest(deps.files, directory);
  await verifyFiles(deps.files, directory, manifest.files, signal);
  assertSameContent(directory, await readBackupContent(deps, directory), manifest.content);
  return manifest;
}

/** Whether each file is there with the bytes that were written. */
export async function verifyFiles(
  files: Files,
  directory: string,
  wanted: readonly ManifestFile[],
  signal: AbortSignal,
): Promise<void> {
  const faults: string[] = [];
  for (const file of wanted) {
    signal.throwIfAborted();
    const fault = await faultOf(files, directory, file);
    if (fault !== undefined) faults.push(`"${file.path}" ${fault}`);
  }
  if (faults.length === 0) return;
  const more = faults.length > FAULTS_TOLD_MAX ? `, and ${faults.length - FAULTS_TOLD_MAX} more` : '';
  throw invalid(
    directory,
    `${faults.slice(0, FAULTS_TOLD_MAX).join(', ')}${more}; nothing of it was used: take another backup`,
  );
}

async function faultOf(
  files: Files,
  directory: string,
  { path, sizeBytes, sha256 }: ManifestFile,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  let gotBytes = 0;
  try {
    for await (const piece of readPieces(files, `${directory}/${path}`)) {
      hash.update(piece);
      gotBytes += piece.length;
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'code' in error && error.code === 'ENOENT' ? 'is missing' : `cannot be read (${error.message})`;
  }
  if (gotBytes !== sizeBytes) return `has ${gotBytes} bytes, want ${sizeBytes}`;
  return hash.digest('hex') === sha256 ? undefined : 'has another SHA-256 than when it was written';
}

/** What the files of a backup hold, from reading all of them. Rejects when anything in them is damaged. */
export async function readBackupContent(deps: VerifyDeps, directory: string): Promise<BackupContent> {
  const metrics = `${directory}/metrics`;
  const examined = await examineStore(deps, metrics);
  const faults = examined.flatMap(({ path, fault }) =>
    fault === undefined || fault.kind === 'torn'
      ? []
      : [`"${path.slice(directory.length + 1)}": ${fault.reason}`],
  );
  const state = examineStateFile(`${directory}/state.db`);
  if (state.fault !== undefined) faults.push(`"state.db": ${state.fault.reason}`);
  if (faults.length > 0)
    throw invalid(
      directory,
      `${faults.join(', ')}; vedette doctor --data DIR tells whether the original has it, too`,
    );
  return contentOf(examined, state.counts, metrics);
}

function contentOf(
  examined: readonly ExaminedFile[],
  state: Readonly<Record<string, number>>,
  metrics: string,
): BackupContent {
  const blocks = examined
    .filter(({ kind }) => kind === 'block')
    .map(({ path, seriesCount, sampleCount, minMs = 0, maxMs = 0 }) => ({
      path: path.slice(metrics.length + 1),
      series: seriesCount,
      samples: sampleCount,
      minMs,
      maxMs,
    }));
  const logSamples = sumOf(
    examined.filter(({ kind }) => kind === 'log').map(({ sampleCount }) => sampleCount),
  );
  const times = examined.flatMap(({ minMs, maxMs }) =>
    minMs === undefined || maxMs === undefined ? [] : [minMs, maxMs],
  );
  return {
    series: Math.max(0, ...blocks.map(({ series }) => series)),
    samples: logSamples + sumOf(blocks.map(({ samples }) => samples)),
    ...(times.length > 0 ? { fromMs: Math.min(...times), untilMs: Math.max(...times) } : {}),
    blocks,
    logSamples,
    state: { ...state },
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Whether reading gave what the manifest says. */
export function assertSameContent(directory: string, got: BackupContent, want: BackupContent): void {
  for (const block of want.blocks) {
    const found = got.blocks.find(({ path }) => path === block.path);
    if (found?.samples !== block.samples || found.series !== block.series)
      throw invalid(
        directory,
        `"${block.path}" holds ${found?.samples ?? 0} samples of ${found?.series ?? 0} series, want ${block.samples} of ${block.series}`,
      );
  }
  if (got.samples !== want.samples)
    throw invalid(directory, `it holds ${got.samples} samples, want ${want.samples}`);
  for (const [name, count] of Object.entries(want.state))
    if (got.state[name] !== count)
      throw invalid(directory, `"state.db" has ${got.state[name] ?? 0} of "${name}", want ${count}`);
}
