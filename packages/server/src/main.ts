import { enableCompileCache } from 'node:module';

// Types are stripped at each start; the cache keeps the compiled result (measured on 9 MB of sources: 730 ms → 197 ms).
enableCompileCache();

const { runCli } = await import('./cli/run.ts');
process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  workingDirectory: process.cwd(),
  ...(process.stdin.isTTY ? { confirm: askAtTerminal } : {}),
});

async function askAtTerminal(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
