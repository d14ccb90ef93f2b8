import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRunbooks } from './compose-runbooks.ts';
import { loadStartSettings } from './config/start-settings.ts';
import { DiskFiles } from './lib/disk-files.ts';

test('whoever asks for the first time during a reload gets the runbooks, not an empty library', async () => {
  const settings = await loadStartSettings({}, { env: {}, workingDirectory: import.meta.dirname });
  const disk = new DiskFiles();
  let [lookCount, unreadCount] = [0, 0];
  const files = Object.assign(Object.create(disk) as DiskFiles, {
    // The second look is that of the reload: it is not done before the first load is.
    list: async (directory: string) => {
      const entries = await disk.list(directory);
      if (++lookCount === 1) unreadCount = entries.length;
      else while (unreadCount > 0) await new Promise(setImmediate);
      return entries;
    },
    openReader: async (file: string) => {
      const reader = await disk.openReader(file);
      unreadCount--;
      return reader;
    },
  });
  const house = await openRunbooks({ files }, settings);
  const asked = house.use().then((library) => library.all().length);
  const reloaded = house.apply({ ...settings });
  assert.ok((await asked) > 0);
  await reloaded;
});
