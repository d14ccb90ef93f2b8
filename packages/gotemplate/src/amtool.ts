/** Debian's amtool (Alertmanager 0.25, Go 1.19), which runs Go's own templates, for tests. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const AMTOOL = 'amtool';

/** True where amtool is not installed, unless tests against peers are required: then they shall fail. */
export const isAmtoolAbsent =
  spawnSync(AMTOOL, ['--version']).status !== 0 && process.env['VEDETTE_PEERS'] !== 'required';

export interface AmtoolAnswer {
  readonly out: string | undefined;
  readonly error: string | undefined;
}

export interface Amtool {
  render(type: 'text' | 'html', text: string): AmtoolAnswer;
  close(): void;
}

/** `data` is a webhook's body; `definitions` are there for every text. */
export function openAmtool(data: unknown, definitions: string): Amtool {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-amtool-'));
  const file = (name: string, content: string): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const shared = [
    `--template.data=${file('data.json', JSON.stringify(data))}`,
    `--template.glob=${file('d.tmpl', definitions)}`,
  ];
  return {
    render: (type, text) => {
      const args = ['template', 'render', ...shared, `--template.type=${type}`, `--template.text=${text}`];
      const { status, stdout, stderr } = spawnSync(AMTOOL, args, {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'UTC' },
      });
      if (status === 0) return { out: stdout, error: undefined };
      return { out: undefined, error: stderr.replace(/^amtool: error: /, '').trimEnd() };
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
