import type { Files } from '@vedette/model';
import { headerOf, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { buildingPage, failedPage } from './status-pages.ts';
import type { UiState } from './ui-build.ts';
import { UiFiles } from './ui-files.ts';

export interface WebRoutesDeps {
  readonly files: Files;
  /** What there is to show now. */
  readonly uiState: () => UiState;
}

/** Screens of the UI that links lead to; all are the same page. */
const SCREENS = ['/', '/explore', '/alerts', '/targets'] as const;

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
      ...SCREENS.map((path) => route(path, (request) => this.#screen(request))),
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
    return isNavigation ? await this.#screen(request) : undefined;
  }

  async #screen({ headers }: HttpRequest): Promise<HttpAnswer> {
    const state = this.#deps.uiState();
    switch (state.kind) {
      case 'building':
        return buildingPage();
      case 'failed':
        return failedPage(state.reason);
      case 'ready':
        return (
          (await (await this.#open(state.root)).index(headers)) ?? failedPage('dist/index.html is missing')
        );
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
    return state.kind === 'ready' ? await (await this.#open(state.root)).find(path, headers) : undefined;
  }

  #open(root: string): Promise<UiFiles> {
    if (this.#opened?.root !== root) this.#opened = { root, files: UiFiles.open(this.#deps.files, root) };
    return this.#opened.files;
  }
}

/** `/graph?g0.expr=up&g0.range_input=1h&g1.expr=…` → `/explore?expr=up&expr=…&range=1h`; relative, for route prefixes. */
function redirectToExplore({ query }: HttpRequest): HttpAnswer {
  const target = new URLSearchParams();
  for (const [name, value] of query) if (/^g\d+\.expr$/.test(name)) target.append('expr', value);
  const range = query.get('g0.range_input');
  if (range !== null) target.set('range', range);
  return { status: 302, headers: { location: `explore?${target.toString()}` } };
}
