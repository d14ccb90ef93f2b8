/**
 * How dense pages are, as chosen in this browser. The choice is an attribute of `<html>`, so that style
 * sheets read it where they need it. Colours, language and time zone are kept by those who use them.
 */
export const DENSITIES = ['comfortable', 'compact'] as const;
export type Density = (typeof DENSITIES)[number];

const DENSITY_KEY = 'vedette.density';

/** Takes over what was chosen before. Once, before the first paint. */
export function applyDensity(): void {
  document.documentElement.dataset['density'] = chosenDensity();
}

export function chosenDensity(): Density {
  const stored = localStorage.getItem(DENSITY_KEY);
  return DENSITIES.find((known) => known === stored) ?? 'comfortable';
}

export function chooseDensity(density: Density): void {
  localStorage.setItem(DENSITY_KEY, density);
  applyDensity();
}
