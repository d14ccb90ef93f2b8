import { useComputedColorScheme } from '@mantine/core';
import type { ColourScheme } from './tokens.ts';

/**
 * The scheme shown, right from the first rendering on: Mantine's default waits for an effect, for pages that a
 * server has rendered, and everything that is coloured by script would begin light on a dark page.
 */
export function useScheme(): ColourScheme {
  return useComputedColorScheme('light', { getInitialValueInEffect: false });
}
