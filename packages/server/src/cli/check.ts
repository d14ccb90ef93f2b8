import type { Command } from './command.ts';
export const checkCommand: Command = { help: '', run: () => Promise.resolve(0) };
