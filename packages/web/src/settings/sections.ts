/** The parts of the settings, in order. */
export const SECTIONS = [
  'accounts',
  'tokens',
  'receivers',
  'audit',
  'storage',
  'cardinality',
  'status',
  'device',
] as const;
export type SectionId = (typeof SECTIONS)[number];

/** The last one concerns this browser alone, so that it has something for everybody. */
export function sectionOf(text: string): SectionId {
  return SECTIONS.find((known) => known === text) ?? 'device';
}
