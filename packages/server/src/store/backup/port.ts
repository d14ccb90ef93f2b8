/** Backups of a running server, as `serve` offers them and `vedette backup` fetches them. One at a time. */
export interface HotBackups {
  /**
   * Sets everything acknowledged aside: samples, state. Resolves when the copy is complete, with what is in it; it is
   * kept until `end`, or until nobody has asked for `BACKUP_IDLE_MS_MAX`. Rejects with `UnavailableError`:
   * VED_BACKUP_BUSY while another one is kept, VED_STORAGE_FULL, VED_STORAGE_FAILED; nothing is left then.
   */
  begin(): Promise<StagedBackup>;
  /** The bytes of one of its files, in pieces. Rejects with `InputError` (VED_BACKUP_INVALID) for any other. */
  open(name: string, path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Removes it. One that is gone is fine. */
  end(name: string): Promise<void>;
}

export interface StagedBackup {
  readonly name: string;
  readonly files: readonly BackupFile[];
}

export interface BackupFile {
  /** Relative to the backup, with `/`: `metrics/blocks/00000001-00000012.block`. */
  readonly path: string;
  readonly sizeBytes: number;
}
