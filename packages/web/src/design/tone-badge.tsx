import {
  IconAlertOctagon,
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleMinus,
  IconInfoCircle,
  type Icon,
} from '@tabler/icons-react';
import css from './design.module.css';
import type { Tone } from './tone.ts';

/** Each tone has a shape of its own: two of the colours look alike to one man in twelve. */
const ICONS: Readonly<Record<Tone, Icon>> = {
  critical: IconAlertOctagon,
  warning: IconAlertTriangle,
  info: IconInfoCircle,
  ok: IconCircleCheck,
  unknown: IconCircleMinus,
};

export interface BadgeProps {
  readonly tone: Tone;
  readonly children: React.ReactNode;
}

/** A word on its colour, with its shape. */
export function Badge({ tone, children }: BadgeProps) {
  return (
    <span className={css.badge} data-tone={tone}>
      <ToneIcon tone={tone} size={14} />
      {children}
    </span>
  );
}

export function ToneIcon({ tone, size }: { readonly tone: Tone; readonly size: number }) {
  const Shape = ICONS[tone];
  return <Shape size={size} stroke={2} className={css.tone} data-tone={tone} aria-hidden="true" />;
}
