import { UsageError, type CliIo, type Command } from './command.ts';

type Action = (args: readonly string[], io: CliIo) => Promise<number>;

/** Each imported when it is used. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  export: async () => (await import('./privacy/person.ts')).exportPerson,
  erase: async () => (await import('./privacy/person.ts')).erasePerson,
  key: async () => (await import('./privacy/key.ts')).keepKeys,
};

export const privacyCommand: Command = {
  help: `Copies or erases everything that a running server keeps about a person, and keeps the file of
the keys by which applications make pseudonyms. With a key file the id stays on this machine: the
server is asked for its pseudonyms under every key in the file. Erasing cannot be undone.

Usage: vedette privacy export --id ID     prints what is kept about the person, as JSON
       vedette privacy erase --id ID      removes it, after a question
       vedette privacy key new FILE       makes a key file, which must not exist
       vedette privacy key rotate FILE    puts a new key before the others
       vedette privacy key list FILE      names its keys, the newest first

Options:
  --id ID             as the application knows the person; may be given again
  --scope SCOPE       what the ids are: user (default), ip, session, key; may be given again
  --key-file FILE     the keys of the application's pseudonyms; without it ids are kept as they are
  --tenant NAME       of the application's guard, where it has one
  --out FILE          export: to a file that does not exist yet, for this user alone
  --yes               erase: do not ask
  --url URL           the server (default http://127.0.0.1:8080, or VEDETTE_URL)
  --token-file FILE   send the token in this file (or VEDETTE_TOKEN_FILE)
  --json              erase, key list: a line of JSON
  --drop KID          key rotate: remove a key whose decisions are over

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 not reachable, 4 a file cannot be written.

Examples:
  vedette privacy export --id ann@example.com --key-file guard.keys --out ann.json
  vedette privacy erase --id ann@example.com --key-file guard.keys
  vedette privacy erase --id 203.0.113.7 --scope ip --yes
`,
  async run(args, io) {
    const [name, ...rest] = args;
    const load = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (load !== undefined) return await (await load())(rest, io);
    throw new UsageError(
      `want ${Object.keys(ACTIONS).join(', ')}; got ${name === undefined ? 'nothing' : `"${name}"`}`,
    );
  },
};
