import type { Runbook, RunbookLibrary } from '../../../respond/index.ts';

export function runbookOf(id: string, more: Partial<Runbook> = {}): Runbook {
  return {
    id,
    title: `When ${id} fires`,
    match: { alertnames: [id], labels: {} },
    severity: undefined,
    owner: undefined,
    links: [],
    reviewed: undefined,
    queries: {},
    sections: { Meaning: 'It is slow.' },
    origin: 'own',
    file: `runbooks/${id}.md`,
    markdown: `# ${id}\n\n## Meaning\n\nIt is slow.\n`,
    ...more,
  };
}

export function libraryOf(runbooks: readonly Runbook[]): RunbookLibrary {
  return {
    all: () => runbooks,
    find: (id) => runbooks.find((one) => one.id.toLowerCase() === id.toLowerCase()),
    match: () => [],
    search: () => [],
    problems: () => [],
  };
}
