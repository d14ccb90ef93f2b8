import css from './panel.module.css';
import { sparklinePath } from './sparkline-path.ts';

/** The course of a value behind it. Decoration: the number says what counts. */
export function Sparkline({
  values,
  colour,
}: {
  readonly values: readonly unknown[];
  readonly colour: string;
}) {
  const { line, area } = sparklinePath(values);
  if (line === '') return null;
  return (
    <svg className={css.sparkline} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path d={area} fill={colour} opacity={0.16} />
      <path
        d={line}
        fill="none"
        stroke={colour}
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
        opacity={0.7}
      />
    </svg>
  );
}
