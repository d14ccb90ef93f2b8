import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CallError,
  executeTemplate,
  type FunctionTable,
  goFunction,
  type GoValue,
  goSlice,
  goStringMap,
  parseTemplate,
  TemplateError,
  textOf,
  type TemplateLimits,
} from './index.ts';

async function execute(
  text: string,
  options: {
    dot?: GoValue;
    functions?: FunctionTable;
    limits?: Partial<TemplateLimits>;
    signal?: AbortSignal;
  } = {},
): Promise<string> {
  const functions = options.functions ?? new Map();
  const template = parseTemplate('t', text, { functionNames: functions.keys() });
  return executeTemplate(template, options.dot, {
    functions,
    limits: options.limits,
    signal: options.signal,
  });
}

async function failure(promise: Promise<string>): Promise<TemplateError> {
  return promise.then(
    (output) => assert.fail(`expanded to ${output.slice(0, 100)}`),
    (error: unknown) => {
      assert.ok(error instanceof TemplateError, String(error));
      return error;
    },
  );
}

test('output up to the limit is returned, one byte more is refused', async () => {
  const limits = { outputBytesMax: 6 };
  assert.equal(await execute('ab{{ "éé" }}', { limits }), 'abéé');
  const error = await failure(execute('abc{{ "éé" }}', { limits }));
  assert.equal(error.reason, 'limit');
  assert.equal(
    error.message,
    'template: t:1:6: executing "t" at <{{"éé"}}>: template makes more than 6 bytes of text (limit outputBytesMax)',
  );
});

test('a string that doubles is stopped before it fills the memory', async () => {
  const text = `{{ $x := "x" }}${'{{ $x = print $x $x }}'.repeat(64)}`;
  const error = await failure(execute(text));
  assert.match(error.message, /outputBytesMax/);
});

test('a value that contains itself twice, 64 times over, is stopped while it is printed', async () => {
  const functions: FunctionTable = new Map([
    ['pair', goFunction(['any'], ([value]) => goSlice([value, value]))],
  ]);
  const error = await failure(
    execute(`{{ $x := 1 }}${'{{ $x = pair $x }}'.repeat(64)}{{ $x }}`, { functions }),
  );
  assert.equal(error.reason, 'limit');
});

test('a value nested deeper than the stack allows is refused, not overflowed', async () => {
  const functions: FunctionTable = new Map([['box', goFunction(['any'], ([value]) => goSlice([value]))]]);
  const error = await failure(
    execute('{{ $x := 1 }}{{ range 5000 }}{{ $x = box $x }}{{ end }}{{ $x }}', { functions }),
  );
  assert.match(error.message, /cannot print value: it is nested deeper than \d+/);
});

test('a string that a function makes twice as long, 40 times over, is stopped too', async () => {
  const text = `{{ $x := "'" }}${'{{ $x = js $x }}'.repeat(40)}{{ len $x }}`;
  assert.match((await failure(execute(text))).message, /outputBytesMax/);
});

test('a map is not sorted for nothing as often as one likes', async () => {
  const dot = goStringMap(new Map(Array.from({ length: 5000 }, (_, i) => [`k${i}`, ''])));
  const error = await failure(
    execute('{{ range 1000000 }}{{ range $ }}{{ break }}{{ end }}{{ end }}', { dot }),
  );
  assert.match(error.message, /stepsMax/);
});

test('texts of a megabyte that look like something else until their end take no time', async () => {
  const long = 1_000_000;
  assert.equal(await execute(`${' '.repeat(long)}x {{- 1 }}`), `${' '.repeat(long)}x1`);
  const parse = (text: string) => failure(execute(text));
  assert.match((await parse(`{{ ${'9'.repeat(long)} }}`)).message, /integer overflow/);
  assert.match((await parse(`{{ ${'1_'.repeat(long / 2)} }}`)).message, /illegal number syntax/);
  assert.match((await parse(`{{ ${'('.repeat(long)} }}`)).message, /nested deeper/);
  assert.equal(await execute(`{{ printf "${'%['.repeat(50_000)}" | len }}`), '50000');
});

test('500 variables are in sight at once and no more', async () => {
  const declare = (count: number): string =>
    Array.from({ length: count }, (_, i) => `{{ $v${i} := ${i} }}`).join('');
  assert.equal(await execute(`${declare(499)}{{ $v498 }}`), '498');
  assert.match((await failure(execute(declare(500)))).message, /more than 500 variables are in sight/);
});

test('an error shows the beginning of a long piece of the template', async () => {
  const error = await failure(execute(`{{ index "" "${'x'.repeat(5000)}" }}`));
  assert.ok(error.message.length < 2300);
  assert.match(error.message, /x\.\.\.>: error calling index/);
});

test('an endless loop is stopped by the step limit', async () => {
  const error = await failure(execute('{{ range 9223372036854775807 }}{{ end }}'));
  assert.match(error.message, /template takes more than 500000 steps \(limit stepsMax\)/);
});

test('text that functions chew on again and again counts as steps', async () => {
  const text = `{{ $x := printf "%100000d" 1 }}{{ range 100000 }}{{ $y := html $x }}{{ end }}`;
  assert.match((await failure(execute(text))).message, /stepsMax/);
});

test('a template that calls itself is stopped at the depth limit', async () => {
  const error = await failure(execute('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}'));
  assert.equal(error.reason, 'limit');
  assert.match(error.message, /exceeded maximum template depth \(100\)$/);
});

test('a recursion that carries blocks and parentheses along does not overflow the stack', async () => {
  const open = '{{ if true }}{{ with 1 }}'.repeat(50);
  const close = '{{ end }}'.repeat(100);
  const call = `{{ template "a" ${'('.repeat(100)}1${')'.repeat(100)} }}`;
  const error = await failure(execute(`{{ define "a" }}${open}${call}${close}{{ end }}${call}`));
  assert.match(error.message, /nested deeper than \d+ while executing/);
});

test('blocks and parentheses nest up to the limit and no deeper', async () => {
  const nested = (depth: number): string => '{{ if 1 }}'.repeat(depth) + 'x' + '{{ end }}'.repeat(depth);
  assert.equal(await execute(nested(200)), 'x');
  assert.match((await failure(execute(nested(201)))).message, /blocks are nested deeper than 200/);
  const parentheses = (depth: number): string => `{{ ${'('.repeat(depth)}1${')'.repeat(depth)} }}`;
  assert.equal(await execute(parentheses(200)), '1');
  assert.match((await failure(execute(parentheses(201)))).message, /parentheses are nested deeper than 200/);
});

test('a text of a million characters is the longest', async () => {
  assert.equal((await execute('x'.repeat(1_048_576))).length, 1_048_576);
  assert.match(
    (await failure(execute('x'.repeat(1_048_577)))).message,
    /1048577 characters, limit is 1048576/,
  );
});

/** `ask "n"` answers later, with n; each call is noted. */
function asking(): { asked: string[]; functions: FunctionTable } {
  const asked: string[] = [];
  const functions: FunctionTable = new Map([
    [
      'ask',
      {
        kind: 'function',
        parameters: ['string'],
        isAsync: true,
        call: async ([question]) => {
          asked.push(textOf(question));
          if (question === 'bad') throw new CallError('no answer');
          return question;
        },
      },
    ],
  ]);
  return { asked, functions };
}

test('asynchronous calls are made once each, in order, with arguments that depend on earlier answers', async () => {
  const { asked, functions } = asking();
  const text =
    '{{ $a := ask "x" }}{{ range 3 }}{{ ask (print $a .) }},{{ end }}{{ if eq (ask "y") "y" }}!{{ end }}';
  assert.equal(await execute(text, { functions }), 'x0,x1,x2,!');
  assert.deepEqual(asked, ['x', 'x0', 'x1', 'x2', 'y']);
});

test('an answer that is an error fails the template at the call', async () => {
  const { functions } = asking();
  const error = await failure(execute('{{ ask "a" }}\n{{ ask "bad" }}', { functions }));
  assert.equal(error.message, 'template: t:2:3: executing "t" at <ask "bad">: error calling ask: no answer');
  assert.deepEqual([error.line, error.column], [2, 3]);
  assert.ok(error.cause instanceof CallError);
});

test('queries are counted, and steps add up over the repeated runs', async () => {
  const { asked, functions } = asking();
  const limits = { asyncCallsMax: 3 };
  const text = (count: number): string => `{{ range ${count} }}{{ ask "a" }}{{ end }}`;
  assert.equal(await execute(text(3), { functions, limits }), 'aaa');
  assert.match((await failure(execute(text(4), { functions, limits }))).message, /more than 3 queries/);
  assert.equal(asked.length, 6);
  const slow = `{{ range 1000 }}{{ end }}${text(50)}`;
  assert.match(
    (await failure(execute(slow, { functions, limits: { stepsMax: 10_000 } }))).message,
    /stepsMax/,
  );
});

test('an aborted execution asks nothing more and rejects with the reason', async () => {
  const { asked, functions } = asking();
  const controller = new AbortController();
  const running = execute('{{ ask "a" }}{{ ask "b" }}', { functions, signal: controller.signal });
  controller.abort(new Error('rule group was removed'));
  await assert.rejects(running, /rule group was removed/);
  assert.deepEqual(asked, ['a']);
});

test('a mistake inside of a function is no template error', async () => {
  const functions: FunctionTable = new Map([
    [
      'broken',
      goFunction([], () => {
        throw new TypeError('BUG');
      }),
    ],
  ]);
  await assert.rejects(execute('{{ broken }}', { functions }), TypeError);
});

test('a function promised at parsing but not given fails when it is called', async () => {
  const template = parseTemplate('t', '{{ later }}', { functionNames: ['later'] });
  await assert.rejects(
    executeTemplate(template, undefined, { functions: new Map() }),
    /"later" is not a defined function/,
  );
});

test('a later text uses and replaces definitions of an earlier one, which stays as it was', async () => {
  const functionNames: string[] = [];
  const base = parseTemplate('base', '{{ define "a" }}A{{ end }}{{ define "b" }}B{{ end }}', {
    functionNames,
  });
  const later = parseTemplate('t', '{{ define "a" }}new{{ end }}{{ template "a" }}{{ template "b" }}', {
    functionNames,
    base,
  });
  const functions = new Map();
  assert.equal(await executeTemplate(later, undefined, { functions }), 'newB');
  assert.equal(await executeTemplate(base, undefined, { functions, definition: 'a' }), 'A');
  await assert.rejects(
    executeTemplate(base, undefined, { functions, definition: 'z' }),
    /no template "z" associated/,
  );
});

test('names of JavaScript are nothing special to a template', async () => {
  const dot = goStringMap(new Map([['job', 'api']]));
  assert.equal(await execute('[{{ .constructor }}{{ .__proto__ }}{{ .toString }}]', { dot }), '[]');
  assert.equal(
    (await failure(execute('{{ .constructor }}', { dot: 'text' }))).message.includes(
      "can't evaluate field constructor in type string",
    ),
    true,
  );
});

test('methods are called with arguments and chained', async () => {
  const dot: GoValue = {
    kind: 'struct',
    type: 'T',
    fields: new Map([['Name', 'n']]),
    methods: new Map([
      ['Join', goFunction(['string'], ([a, b]) => `${textOf(a)}${b === undefined ? '' : '+'}`, 'string')],
    ]),
    text: () => 'as text',
  };
  assert.equal(
    await execute('{{ .Join "x" }} {{ "y" | .Join "x" }} {{ . }} {{ printf "%s %q" . . }}', { dot }),
    'x x+ as text as text "as text"',
  );
  assert.match(
    (await failure(execute('{{ .Join }}', { dot }))).message,
    /wrong number of args for Join: want at least 1 got 0/,
  );
  assert.match((await failure(execute('{{ .Join 1 }}', { dot }))).message, /expected string; found 1/);
});

test('call calls a function that is a value', async () => {
  const dot: GoValue = {
    kind: 'struct',
    type: 'T',
    fields: new Map([['F', goFunction(['int'], ([n]) => Number(n) + 0.5)]]),
  };
  assert.equal(await execute('{{ call .F 2 }}', { dot }), '2.5');
  assert.match(
    (await failure(execute('{{ call .F }}', { dot }))).message,
    /wrong number of args: got 0 want 1/,
  );
  assert.match(
    (await failure(execute('{{ call .F "a" }}', { dot }))).message,
    /arg 0: value has type string; should be int/,
  );
  assert.match((await failure(execute('{{ .F }}', { dot }))).message, /can't print/);
});
