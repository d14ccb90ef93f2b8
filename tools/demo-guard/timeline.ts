/** What the demonstration prints: a line every other second, and one more when the guard changes its mind. */
export type Verdict = 'allow' | 'slow' | 'refuse';

export interface Paint {
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Colours for a terminal, nothing for a pipe or where NO_COLOR is set. */
export function createPaint(isColoured: boolean): Paint {
  const wrap = (code: number) => (text: string) => (isColoured ? `\u001B[${code}m${text}\u001B[0m` : text);
  return { dim: wrap(2), good: wrap(32), warn: wrap(33), bad: wrap(31) };
}

const NAME_CHARS = 9;

/** `0:07   ann    24` and so on: who, and requests per minute. */
export function headOf(names: readonly string[]): string {
  return ['time ', ...names.map((name) => name.padStart(NAME_CHARS)), '  verdict'].join('');
}

export function rowOf(atMs: number, rates: readonly number[], verdict: Verdict, paint: Paint): string {
  const cells = rates.map((rate) => String(Math.round(rate)).padStart(NAME_CHARS));
  return `${paint.dim(clockOf(atMs))} ${cells.join('')}  ${wordOf(verdict, paint)}`;
}

export interface VerdictChange {
  readonly atMs: number;
  readonly name: string;
  readonly from: Verdict;
  readonly to: Verdict;
  /** What the decision says of itself. */
  readonly reason: string;
  readonly holdsSeconds: number | undefined;
}

export function changeOf(
  { atMs, name, from, to, reason, holdsSeconds }: VerdictChange,
  paint: Paint,
): string {
  const hold = holdsSeconds === undefined || to === 'allow' ? '' : ` for ${holdsSeconds} s`;
  const words = {
    allow: paint.good(from === 'allow' ? 'allowed' : 'RELEASED'),
    slow: paint.warn('SLOWED'),
    refuse: paint.bad('REFUSED'),
  }[to];
  const why = to === 'allow' ? 'the decision is over' : reason;
  return `${paint.dim(clockOf(atMs))} ▶ ${name} is ${words}${hold}: ${why}`;
}

function wordOf(verdict: Verdict, paint: Paint): string {
  switch (verdict) {
    case 'allow':
      return paint.dim('all served');
    case 'slow':
      return paint.warn('mallory slowed');
    case 'refuse':
      return paint.bad('mallory refused');
  }
}

function clockOf(atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
