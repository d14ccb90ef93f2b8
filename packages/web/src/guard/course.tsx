import type { Tone } from '../design/tone.ts';
import css from './guard.module.css';

const HEIGHT = 28;
const BAR_WIDTH = 4;

export interface CourseProps {
  /** Counts in equal parts of a window, the oldest first. */
  readonly course: readonly number[];
  readonly tone: Tone;
  readonly label: string;
}

/** A window as bars: a burst looks different from a steady hand. The numbers stand beside it. */
export function Course({ course, tone, label }: CourseProps) {
  const most = Math.max(1, ...course);
  return (
    <svg
      className={css.course}
      data-tone={tone}
      role="img"
      aria-label={label}
      viewBox={`0 0 ${course.length * BAR_WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {course.map((count, i) => {
        const height = (count / most) * HEIGHT;
        // Places, not things: a part of the window has no other name.
        return <rect key={i} x={i * BAR_WIDTH} y={HEIGHT - height} width={BAR_WIDTH - 1} height={height} />;
      })}
    </svg>
  );
}
