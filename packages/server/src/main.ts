import { enableCompileCache } from 'node:module';

// Types are stripped at each start; the cache keeps the compiled result (measured on 9 MB of sources: 730 ms → 197 ms).
enableCompileCache();

const { runCli } = await import('./cli/run.ts');
process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  workingDirectory: process.cwd(),
});
