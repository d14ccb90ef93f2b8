import { createHash } from 'node:crypto';
import { ExpectedError, FatalError, InputError, type Files } from '@vedette/model';
import { z } from 'zod';

/** What a backup says of itself, `manifest.json`; its own checksum stands beside it, as `sha256sum -c` reads it. */
export const MANIFEST = 'manifest.json';
export const MANIFEST_SUM = 'manifest.sha256';

/** Of the layout of the directory and of this file; what is in the files has versions of its own. */
const FORMAT_VERSION = 1;

/** A million files; what is longer was not written by us. */
const MANIFEST_BYTES_MAX = 256 * 2 ** 20;

/** Where files may stand: a manifest of somebody else leads nowhere else. */
const DATA_PATH = /^(?:(?:metrics|imports)\/(?:[\w-][\w.-]*\/)*[\w-][\w.-]*|state\.db)$/;
const CONFIG_PATH = /^config\/(?!\.{1,2}$)[^/\\\0]+$/;

/** Whether a file that a server keeps may stand there in a backup; whoever writes one asks, or nobody could restore it. */
export function isDataPath(path: string): boolean {
  return DATA_PATH.test(path);
}

const backupFile = z.object({
  path: z.string().refine((path) => isDataPath(path) || CONFIG_PATH.test(path), 'is no path in a backup'),
  sizeBytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What was read back from the files when the backup was made; a restore must read the same. */
const backupContent = z.object({
  /** Of the block that has the most. */
  series: z.int().min(0),
  samples: z.int().min(0),
  /** Times of the first and the last sample; absent when there is none. */
  fromMs: z.number().optional(),
  untilMs: z.number().optional(),
  blocks: z
    .array(
      z.object({ path: z.string(), series: z.int(), samples: z.int(), minMs: z.number(), maxMs: z.number() }),
    )
    .readonly(),
  /** Of those samples, how many stand in the log and in no block. */
  logSamples: z.int().min(0),
  /** Documents of each collection, records of each log. */
  state: z.record(z.string(), z.int()),
});

const manifestSchema = z.object({
  format: z.literal('vedette-backup'),
  formatVersion: z.literal(FORMAT_VERSION),
  vedetteVersion: z.string(),
  createdAt: z.string(),
  /** The address or the directory that was backed up. */
  source: z.string(),
  files: z.array(backupFile).readonly(),
  content: backupContent,
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof backupFile>;
export type BackupContent = z.infer<typeof backupContent>;

/** Writes manifest and checksum; the manifest last. */
export async function writeManifest(
  files: Files,
  directory: string,
  manifest: Omit<Manifest, 'format' | 'formatVersion'>,
): Promise<Manifest> {
  const whole: Manifest = { format: 'vedette-backup', formatVersion: FORMAT_VERSION, ...manifest };
  const bytes = Buffer.from(`${JSON.stringify(whole, undefined, 1)}\n`);
  await files.writeAtomic(`${directory}/${MANIFEST_SUM}`, Buffer.from(`${sumOf(bytes)}  ${MANIFEST}\n`));
  await files.writeAtomic(`${directory}/${MANIFEST}`, bytes);
  return whole;
}

/** Rejects with `InputError` (VED_BACKUP_INVALID) or `FatalError` (VED_FORMAT_UNKNOWN), each with what to do. */
export async function readManifest(files: Files, directory: string): Promise<Manifest> {
  const bytes = await readWhole(files, directory, MANIFEST);
  const parsed = parseJson(bytes);
  const head = z.object({ format: z.literal('vedette-backup'), formatVersion: z.number() }).safeParse(parsed);
  if (!head.success)
    throw invalid(
      directory,
      `"${MANIFEST}" is not that of a backup; name a directory that vedette backup wrote`,
    );
  if (head.data.formatVersion > FORMAT_VERSION)
    throw new FatalError(
      'VED_FORMAT_UNKNOWN',
      `cannot read backup "${directory}": got format version ${head.data.formatVersion}, want ${FORMAT_VERSION}; use the newer Vedette that wrote it`,
    );
  const sum = Buffer.from(await readWhole(files, directory, MANIFEST_SUM)).toString('latin1');
  if (sum !== `${sumOf(bytes)}  ${MANIFEST}\n`)
    throw invalid(
      directory,
      `"${MANIFEST}" has another checksum than "${MANIFEST_SUM}" says; take another backup`,
    );
  const manifest = manifestSchema.safeParse(parsed);
  if (manifest.success) return manifest.data;
  const [issue] = manifest.error.issues;
  throw invalid(
    directory,
    `"${MANIFEST}": ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}; take another backup`,
  );
}

export function invalid(directory: string, reason: string): InputError {
  return new InputError('VED_BACKUP_INVALID', `cannot use backup "${directory}": ${reason}`);
}

async function readWhole(files: Files, directory: string, name: string): Promise<Uint8Array> {
  try {
    const reader = await files.openReader(`${directory}/${name}`);
    try {
      if (reader.sizeBytes > MANIFEST_BYTES_MAX)
        throw invalid(directory, `"${name}" has ${reader.sizeBytes} bytes, limit is ${MANIFEST_BYTES_MAX}`);
      return await reader.read(0, reader.sizeBytes);
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(
      directory,
      `"${name}" cannot be read: ${reason}; a backup that was interrupted has none: take another one`,
    );
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
