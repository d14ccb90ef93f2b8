import type { ReactNode } from 'react';
import css from './design.module.css';

export interface IconButtonProps {
  /** What it does; also the tip under the pointer. */
  readonly label: string;
  /** When the tip can be shorter than the name, since it stands beside its object. */
  readonly tip?: string;
  readonly size?: number;
  readonly isDisabled?: boolean;
  /** Of a button that switches something: whether it is on. */
  readonly isPressed?: boolean;
  readonly tipSide?: 'bottom' | 'left' | 'right';
  readonly onClick: () => void;
  readonly children: ReactNode;
}

/** A button that is an icon. Its tip is CSS: a tooltip library would be a tenth of the first page's code. */
export function IconButton(props: IconButtonProps) {
  const { label, tip = label, size = 28, isDisabled = false, isPressed, tipSide = 'bottom' } = props;
  const { onClick, children } = props;
  return (
    <button
      type="button"
      className={`${css.iconButton} ${css.tip}`}
      style={{ width: size, height: size }}
      aria-label={label}
      data-tip={tip}
      data-tip-side={tipSide}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
