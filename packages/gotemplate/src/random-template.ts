/** Random template texts for tests: mostly well-formed, over the data and functions of rule templates. */
import fc from 'fast-check';

// oxfmt-ignore
const LITERALS = [
  '1', '0', '-3', '2.5', '1e6', '0x1F', "'a'", '"a"', '""', '"héllo"', '`r"w`', 'true', 'false', 'nil', '1_0',
  '.', '$', '.Labels', '.Value', '$value', '$labels.job', '.Labels.nope', '$labels', '.Nope', '(args 1 "b")',
  '(query "q")', '(first (query "q"))', '.x.y', '$x', '$i', '99999999999',
];
// oxfmt-ignore
const FUNCTIONS = [
  'print', 'println', 'printf "%v|%d|%s"', 'printf "%5.1f %q"', 'len', 'index', 'slice', 'eq', 'ne', 'lt', 'ge',
  'not', 'and', 'or', 'html', 'js', 'urlquery', 'humanize', 'humanize1024', 'humanizeDuration', 'call', 'args',
  'humanizePercentage', 'toUpper', 'title', 'first', 'value', 'label "n"', 'match "a"', 'reReplaceAll "a" "b"',
  'stripPort', 'query',
];

const operand = fc.constantFrom(...LITERALS);
const command: fc.Arbitrary<string> = fc.oneof(
  operand,
  fc
    .tuple(fc.constantFrom(...FUNCTIONS), fc.array(operand, { maxLength: 3 }))
    .map(([name, operands]) => [name, ...operands].join(' ')),
);
const pipeline = fc.array(command, { minLength: 1, maxLength: 3 }).map((commands) => commands.join(' | '));

/** A whole text with blocks up to three deep. */
export const templateText: fc.Arbitrary<string> = fc.letrec<{ text: string; block: string }>((tie) => ({
  text: fc.array(tie('block'), { minLength: 1, maxLength: 4 }).map((blocks) => blocks.join('')),
  block: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom('a', ' \n b ', '{', '}}', 'é'),
    pipeline.map((pipe) => `{{ ${pipe} }}`),
    pipeline.map((pipe) => ` {{- ${pipe} -}}\n `),
    pipeline.map((pipe) => `{{ $x := ${pipe} }}`),
    fc
      .tuple(
        fc.constantFrom('if', 'with', 'range', 'range $i, $x :=', 'with $x :='),
        pipeline,
        tie('text'),
        tie('text'),
      )
      .map(
        ([keyword, pipe, list, otherwise]) =>
          `{{ ${keyword} ${pipe} }}${list}{{ else }}${otherwise}{{ end }}`,
      ),
    fc.tuple(pipeline, tie('text')).map(([pipe, body]) => `{{ block "b" ${pipe} }}${body}{{ end }}`),
    fc.constantFrom('{{ break }}', '{{ continue }}', '{{/* c */}}', '{{ template "b" . }}', '{{ $x = 3 }}'),
  ),
})).text;

/** A text with letters, braces and keywords cut out, doubled and put in where they do not belong. */
export const brokenText: fc.Arbitrary<string> = fc
  .tuple(
    templateText,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(4),
        fc.constantFrom(
          '',
          '{{',
          '}}',
          '(',
          ')',
          '"',
          '`',
          "'",
          '|',
          ':=',
          ',',
          '$',
          '.',
          '-',
          '{{ end }}',
          '{{ else }}',
          '/*',
          '\0',
          '\ud800',
          '😀',
          '%',
        ),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [at, cut, insert]) => {
      const index = at % (edited.length + 1);
      return edited.slice(0, index) + insert + edited.slice(index + cut);
    }, text),
  );
