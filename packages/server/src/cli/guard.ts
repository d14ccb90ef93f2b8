import { UsageError, type CliIo, type Command } from './command.ts';

type Action = (args: readonly string[], io: CliIo) => Promise<number>;

/** Each imported when it is used. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  list: async () => (await import('./guard/list.ts')).listDecisions,
  why: async () => (await import('./guard/why.ts')).explainDecisions,
  ban: async () => (await import('./guard/overrule.ts')).banSubject,
  lift: async () => (await import('./guard/overrule.ts')).liftDecisions,
  extend: async () => (await import('./guard/overrule.ts')).extendDecision,
  approve: async () => (await import('./guard/overrule.ts')).approveDecisions,
  policies: async () => (await import('./guard/policies.ts')).listPolicies,
  backtest: async () => (await import('./guard/backtest.ts')).backtestPolicies,
  mode: async () => (await import('./guard/policies.ts')).setPolicyMode,
};

export const guardCommand: Command = {
  help: `Asks and tells the guard of a running server. WHO is the id of a decision, or a subject: a user, or with
--scope an address, a network, a session, a key.

Usage: vedette guard list                    lists decisions, the newest first
       vedette guard why WHO                 shows decisions with their evidence and what became of them
       vedette guard ban SUBJECT --for TIME  refuses a subject
       vedette guard lift WHO…               ends decisions; of a subject all that hold
       vedette guard extend ID --for TIME    gives a decision another end, counted from now
       vedette guard approve ID…             says that decisions were right
       vedette guard policies                lists policies with modes, counts and precision
       vedette guard mode POLICY MODE        puts a policy into off, shadow, canary or enforce
       vedette guard backtest FILE           whom policies would have refused, and the difference to those in force

Options:
  --server URL        the server (default http://127.0.0.1:8080, or VEDETTE_URL)
  --token-file FILE   send the token in this file (or VEDETTE_TOKEN_FILE)
  --json              what the server answers, a line of JSON
  --scope SCOPE       user (default), ip, range, session, key
  --live              list: those that hold now;  --reviews: those that wait for a person
  --policy NAME       list: of this policy;  --subject ID: of this subject;  --limit N (default 100)
  --for TIME          ban, extend: 30m, 2h;  --permanent: until a person lifts it
  --kind KIND         ban: refuse (default), challenge, slow
  --reason TEXT       why; needed by all that change something
  --by NAME           who (default USER)
  --last TIME         backtest: this long up to now (default 7d);  --from T --to T: a range, RFC 3339 or Unix seconds

Exit codes: 0 fine, 1 refused or not found, 2 wrong usage, 3 not reachable. Of backtest: 1 somebody would be refused
who is not by the policies in force, or a brake pulled; 2 also a faulty FILE; 3 also a server that gives no answer.

Examples:
  vedette guard list --live
  vedette guard ban U4af4980629 --for 2h --reason 'floods the quiz'
  vedette guard backtest policies.yml --last 7d
  vedette guard lift --scope ip 203.0.113.7 --reason 'a school behind one address'
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
