/**
 * What the collector asks the kernel for. Control groups and `/proc` are made up from memory at the moment of
 * the read, therefore everything is read at once, as the host collector does (host/host-files.ts). Whatever is
 * gone by then reads as absent: containers end between two looks, and that is no fault.
 */
import { opendirSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { createHostFiles, undefinedIfAbsent, type HostFiles } from '../host/host-files.ts';

export interface ContainerFiles extends Pick<HostFiles, 'read'> {
  /** Names of the directories in a directory, sorted; none when it is missing. */
  directories(path: string): readonly string[];
  /** Where a symbolic link points to; `undefined` when there is none or we may not look. */
  link(path: string): string | undefined;
  /** Names in a directory, at most `max`, in any order; `undefined` when it is missing or we may not look. */
  names(path: string, max: number): readonly string[] | undefined;
}

/** The link count of a directory without directories in it: its name, and its own `.`. */
const LINKS_OF_LEAF = 2;

/** Opens the machine's own files. */
export function createContainerFiles(): ContainerFiles {
  const host = createHostFiles();
  return {
    read: (path) => host.read(path),
    directories: (path) => {
      try {
        // A control group has some 70 files; the link count says without listing them that nothing is below.
        // File systems that do not count (btrfs, overlay) say 1.
        if (statSync(path).nlink === LINKS_OF_LEAF) return [];
        const entries = readdirSync(path, { withFileTypes: true });
        return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
      } catch (error) {
        return undefinedIfAbsent(error) ?? [];
      }
    },
    link: (path) => {
      try {
        return readlinkSync(path);
      } catch (error) {
        return undefinedIfAbsent(error);
      }
    },
    names: (path, max) => {
      try {
        return firstNames(path, max);
      } catch (error) {
        return undefinedIfAbsent(error);
      }
    },
  };
}

function firstNames(path: string, max: number): readonly string[] {
  const directory = opendirSync(path);
  try {
    const names: string[] = [];
    while (names.length < max) {
      const entry = directory.readSync();
      if (entry === null) break;
      names.push(entry.name);
    }
    return names;
  } finally {
    directory.closeSync();
  }
}
