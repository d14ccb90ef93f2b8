import { stringifySearch } from './search.ts';

/**
 * Alertmanager keeps its pages behind the hash, `/#/alerts?receiver=team`, and such links stand in messages,
 * wikis and bookmarks. The part behind the hash never reaches a server, so that they are led to our pages here.
 *
 * The address of ours that shows what `hash` (`#/silences/new?filter=…`) asks for, below the route prefix;
 * `undefined` when the hash is none of Alertmanager's links, but a place on a page such as `#content`.
 */
export function addressOfHashLink(hash: string): string | undefined {
  const [, path, query = ''] = /^#\/([^?]*)(?:\?(.*))?$/s.exec(hash) ?? [];
  if (path === undefined) return undefined;
  const params = new URLSearchParams(query);
  const filter = params.get('filter') ?? undefined;
  const [page = '', ...steps] = path.split('/').filter((step) => step !== '');
  switch (page) {
    case 'alerts':
      return `/alerts${stringifySearch({ receiver: params.get('receiver') ?? undefined, filter })}`;
    case 'silences':
      return silenceAddress(steps, filter);
    default:
      // Status, settings and what else it has: the overview says how things stand.
      return '/';
  }
}

function silenceAddress([first, second]: readonly string[], filter: string | undefined): string {
  if (first === 'new') return `/alerts/silences/new${stringifySearch({ filter })}`;
  const id = first === 'edit' ? second : first;
  // An id is a UUID; what cannot be one leads to the list.
  if (id === undefined || !/^[\w-]+$/.test(id))
    return `/alerts${stringifySearch({ view: 'silences', filter })}`;
  return `/alerts/silences/${id}${stringifySearch({ edit: first === 'edit' ? '1' : undefined })}`;
}
