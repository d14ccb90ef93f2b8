import { MantineProvider } from '@mantine/core';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { useScheme } from './use-scheme.ts';

function Scheme(): string {
  return useScheme();
}

/** What stands there before any effect has run, on a device that prefers dark or light. */
function firstRendering(isDark: boolean): string {
  vi.stubGlobal('window', {
    matchMedia: (query: string) => ({ matches: query.includes('dark') === isDark }),
  });
  const provider = createElement(
    MantineProvider,
    { defaultColorScheme: 'auto', withCssVariables: false },
    createElement(Scheme),
  );
  return renderToStaticMarkup(provider).replace(/<style[\s\S]*?<\/style>/g, '');
}

afterEach(() => vi.unstubAllGlobals());

test('the first rendering is in the scheme of the device', () => {
  expect(firstRendering(true)).toBe('dark');
  expect(firstRendering(false)).toBe('light');
});
