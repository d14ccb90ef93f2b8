import { useEffect } from 'react';
import { TOKENS } from './tokens.ts';
import { useScheme } from './use-scheme.ts';

/** The browser's own bar in the colours of the page: the page's file knows those of the system only, not a choice. */
export function useBrowserBar(): void {
  const scheme = useScheme();
  useEffect(() => {
    for (const meta of document.querySelectorAll('meta[name=theme-color]'))
      meta.setAttribute('content', TOKENS[scheme].surfaceSunken);
  }, [scheme]);
}
