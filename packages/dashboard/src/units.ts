/**
 * Units and numbers alone: what every page prints with. The whole door would bring the importer, the transformations
 * and a parser to a page that shows no dashboard.
 */
export { scaleOf, significantDecimals, trimmedNumber } from './value/number-text.ts';
export { isBinaryUnit, type Ladder, type Unit, unitOf } from './value/unit.ts';
