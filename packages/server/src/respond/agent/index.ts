// The door of the monitor agent: opened when somebody asks, or when an alert begins to fire.
export { openAnalysisDesk, type AnalysisDeskSetup, type RunningAnalysisDesk } from './analysis-desk.ts';
