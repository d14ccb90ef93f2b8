export type * from './coverage.ts';
export * from './dashboard.ts';
export type * from './frame.ts';

// Reading and editing.
export { newPanel } from './edit/new-panel.ts';
export {
  addPanel,
  duplicatePanel,
  nextPanelId,
  panelJson,
  placePanels,
  removePanel,
  replacePanel,
} from './edit/panels.ts';
export { newDashboard, setDashboardOptions, setVariables, type DashboardOptions } from './edit/settings.ts';
export { compactGrid } from './read/grid.ts';
export { DASHBOARD_BYTES_MAX, parseDashboardText } from './read/parse-text.ts';
export { readDashboard, viewOfDashboard } from './read/read-dashboard.ts';

// Data: variables, filling in, frames, values.
export { applyFields, type FieldContext } from './data/apply-fields.ts';
export {
  type ColumnarAnswer,
  type FrameQuery,
  framesOfColumns,
  framesOfMatrix,
  framesOfVector,
  type Grid,
  type HistogramSample,
  type MatrixSeries,
  type VectorSeries,
} from './data/prometheus-frames.ts';
export { isTransformation, transformFrames } from './data/transform/transform-frames.ts';
export { fillQuery } from './fill/fill-query.ts';
export { fillLink, fillText } from './fill/fill-text.ts';
export { safeLink } from './fill/safe-link.ts';
export { type CellScope, createScope, type Scope, type ScopeOptions, withCell } from './fill/scope.ts';
export { parseInterval, stepOf, type StepOptions } from './fill/step.ts';
export { type ColourContext, colourOf, type ColourRef, parseColour, thresholdOf } from './value/colour.ts';
export { fieldText, formatField, type FormattedValue } from './value/format-field.ts';
export { mapValue } from './value/map-value.ts';
export { fixedNumber, scaleOf, significantDecimals, trimmedNumber } from './value/number-text.ts';
export { isReducer, reduceField } from './value/reduce.ts';
export { type FormatContext } from './value/time-unit.ts';
export { isBinaryUnit, type Ladder, type Unit, unitOf } from './value/unit.ts';
export { repeatPanels, type RepeatedPanel } from './variables/repeat.ts';
export {
  ALL,
  type ResolvedVariable,
  type ResolvedVariables,
  type VariableOption,
} from './variables/resolved.ts';
export {
  resolveVariables,
  type VariableRange,
  type VariableRequest,
  type VariableSource,
} from './variables/resolve.ts';
