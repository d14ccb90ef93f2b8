export { createGuardBacktest, type GuardBacktest, type GuardBacktestRequest } from './guard-backtest.ts';
export type { BacktestReport } from './backtest-report.ts';
export { createMemoryWriter } from './rule-test/memory-writer.ts';
export { runRuleTest, type RuleTestWorld, type RunRuleTestDeps } from './rule-test/run-rule-test.ts';
export { parseRuleTestFile } from './rule-test/rule-test-file.ts';
