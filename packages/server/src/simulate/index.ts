export { createMemoryWriter } from './rule-test/memory-writer.ts';
export { runRuleTest, type RuleTestWorld, type RunRuleTestDeps } from './rule-test/run-rule-test.ts';
export { parseRuleTestFile } from './rule-test/rule-test-file.ts';
