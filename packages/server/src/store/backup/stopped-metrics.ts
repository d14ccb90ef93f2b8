import type { Files } from '@vedette/model';
import type { MetricsAdmin } from '../metrics/port.ts';
import { listTree } from './file-tree.ts';
import { isDataPath } from './manifest.ts';

/**
 * The samples of a stopped server, whose data directory the caller has locked: every file as it stands is a snapshot, the
 * log included. Left out is what a start removes or has set aside (unfinished files, damaged ones, snapshots), and what
 * others put there: an editor's `.swp`, a file system's `.nfs…`.
 */
export function createStoppedMetrics(files: Files, directory: string): Pick<MetricsAdmin, 'snapshot'> {
  return {
    snapshot: async ({ into = '' }) => {
      await files.makeDirectory(into);
      for (const { path } of await listTree(files, directory)) {
        if (path.startsWith('snapshots/') || /\.(?:tmp|damaged)$|\/import-\d+\.block$/.test(path)) continue;
        if (!isDataPath(`metrics/${path}`)) continue;
        const below = path.slice(0, Math.max(0, path.lastIndexOf('/')));
        await files.makeDirectory(`${into}/${below}`);
        await files.link(`${directory}/${path}`, `${into}/${path}`);
      }
      return into;
    },
  };
}
