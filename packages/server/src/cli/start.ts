import type { Command } from './command.ts';
export const startCommand: Command = { help: '', run: () => Promise.resolve(0) };
