import type { HotBackups } from '../../store/backup/port.ts';
import { jsonAnswer, type Route } from '../http/route.ts';

export interface BackupRoutesDeps {
  readonly backups: HotBackups;
}

/** What `vedette backup` asks: set aside, fetch file by file, end. A backup holds everything there is. */
export function backupRoutes({ backups }: BackupRoutesDeps): readonly Route[] {
  const route = (method: 'GET' | 'POST' | 'DELETE', path: string, handle: Route['handle']): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path,
    access: 'admin',
    errors: 'json',
    handle,
  });
  return [
    route('POST', '/api/vedette/backups', async ({ signal }) => {
      const staged = await backups.begin();
      // Whoever has gone never learns its name, and would keep the place for as long as it is kept.
      if (signal.aborted) await backups.end(staged.name);
      return jsonAnswer(201, staged);
    }),
    route('GET', '/api/vedette/backups/:name/*', async ({ params }) => ({
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: await backups.open(params['name'] ?? '', params['*'] ?? ''),
    })),
    route('DELETE', '/api/vedette/backups/:name', async ({ params }) => {
      await backups.end(params['name'] ?? '');
      return { status: 204 };
    }),
  ];
}
