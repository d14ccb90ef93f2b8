import type { Files } from '@vedette/model';
import { headerOf, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { buildingPage, failedPage } from './status-pages.ts';
import type { UiState } from './ui-build.ts';
import { UiFiles } from './ui-files.ts';

export interface WebRoutesDeps {
  readonly files: Files;
  /** What there is to show now. */
  readonly uiState: () => UiState;
  /** Route prefix without a final slash, such as `/vedette`; empty for none. */
  readonly prefix: string;
}

/** Screens of the UI that links lead to; all are the same page. */
const SCREENS = ['/', '/explore', '/alerts', '/alerts/silences/:id', '/targets', '/runbook/:name'] as const;

/** The UI: its files, its screens, and the old addresses that stand in messages of Prometheus. */
export class WebSurface {
  readonly routes: readonly Route[];
  readonly #deps: WebRoutesDeps;
  #opened: { readonly root: string; readonly files: Promise<UiFiles> } | undefined;

  constructor(deps: WebRoutesDeps) {
    this.#deps = deps;
    const route = (path: string, handle: Route['handle']): Route => ({
      surface: 'web',
      methods: ['GET', 'HEAD'],
      path,
      access: 'sign-in',
      errors: 'text',
      handle,
    });
    this.routes = [
      ...[...SCREENS, '/index.html'].map((path) => route(path, () => this.#screen())),
      route('/assets/*', (request) => this.#asset(request)),
      route('/graph', (request) => redirectToExplore(request)),
    ];
  }

  /** Paths nobody declared: other files of the UI, and screens it may have that the server does not know of. */
  async fallback(request: HttpRequest): Promise<HttpAnswer | undefined> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const file = await this.#findFile(request);
    if (file !== undefined) return file;
    const isNavigation = (headerOf(request.headers, 'accept') ?? '').includes('text/html');
    return isNavigation ? await this.#screen() : undefined;
  }

  async #screen(): Promise<HttpAnswer> {
    const state = this.#deps.uiState();
    switch (state.kind) {
      case 'building':
        return buildingPage();
      case 'failed':
        return failedPage(state.reason);
      case 'ready':
        return (await this.#open(state.root)).index();
    }
  }

  async #asset(request: HttpRequest): Promise<HttpAnswer> {
    return (
      (await this.#findFile(request)) ?? {
        status: 404,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: '404 page not found\n',
      }
    );
  }

  async #findFile({ path, headers }: HttpRequest): Promise<HttpAnswer | undefined> {
    const state = this.#deps.uiState();
    if (state.kind !== 'ready') return undefined;
    try {
      return await (await this.#open(state.root)).find(path, headers);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      // Another server on this checkout has put a newer build in its place: the next page is that one.
      this.#opened = undefined;
      return undefined;
    }
  }

  #open(root: string): Promise<UiFiles> {
    if (this.#opened?.root !== root)
      this.#opened = { root, files: UiFiles.open(this.#deps.files, { root, prefix: this.#deps.prefix }) };
    return this.#opened.files;
  }
}

/** `/graph?g0.expr=up&g0.range_input=1h&g0.tab=1` → `explore?expr=up&range=1h&view=table`; relative, for route prefixes. */
function redirectToExplore({ query }: HttpRequest): HttpAnswer {
  const target = new URLSearchParams();
  const expr = query.get('g0.expr');
  if (expr !== null) target.set('expr', expr);
  const range = query.get('g0.range_input');
  if (range !== null) target.set('range', range);
  // Prometheus 2 counts its tabs, Prometheus 3 names them.
  if (['1', 'table'].includes(query.get('g0.tab') ?? '')) target.set('view', 'table');
  return { status: 302, headers: { location: `explore?${target.toString()}` } };
}
