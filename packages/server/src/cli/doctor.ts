import type { Command } from './command.ts';
export const doctorCommand: Command = { help: '', run: () => Promise.resolve(0) };
