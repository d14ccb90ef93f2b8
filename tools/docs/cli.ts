import { COMMANDS, runCli } from '../../packages/server/src/cli/run.ts';
import { printPage } from './markdown.ts';

const INTRO = `\`npm ci\` links the command \`vedette\` (\`npx vedette …\`); \`npm start -- ARGS\` is \`vedette start ARGS\`. These are the texts of \`--help\`.`;

/** docs/cli.md: what each command says of itself. */
export async function printCli(): Promise<string> {
  const parts = [printHelp('vedette', await helpOf([]))];
  for (const { name } of COMMANDS) parts.push(printHelp(`vedette ${name}`, await helpOf([name])));
  return printPage('Command line', INTRO, parts);
}

function printHelp(heading: string, help: string): string {
  return `## ${heading}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\``;
}

/** Through the front door: a command that is listed but cannot be asked would be noticed here. */
async function helpOf(command: readonly string[]): Promise<string> {
  let text = '';
  const io = {
    out: (part: string) => void (text += part),
    err: (part: string) => void (text += part),
    env: {},
    workingDirectory: '/',
  };
  const code = await runCli([...command, '--help'], io);
  if (code !== 0)
    throw new Error(`cannot ask "vedette ${command.join(' ')}" for help: exit code ${code}: ${text}`);
  return text;
}
