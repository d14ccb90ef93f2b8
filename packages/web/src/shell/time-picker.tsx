import { Button } from '@mantine/core';
import { IconChevronDown, IconChevronLeft, IconChevronRight, IconZoomOut } from '@tabler/icons-react';
import { Suspense, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/icon-button.tsx';
import { browserClock } from '../lib/browser-clock.ts';
import { untilCalm } from '../lib/calm.ts';
import { formatSpan, shiftRange, zoomOut, type TimeRange } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { shownZone, wallClockOf } from '../time/zone.ts';
import css from './shell.module.css';
import { useShellState } from './shell-state.ts';
import { noting, UNTOUCHED, type Held } from './take-over.ts';
import { part } from '../lib/part.ts';

// What opens comes after the first screen; a press before that opens it when it is there.
const TimePopover = part(async () => {
  await untilCalm();
  return (await import('./time-popover.tsx')).TimePopover;
});

/** The time range of the page: back, what is shown (opens the choice), forward, twice as much. */
export function TimePicker() {
  const { t, i18n } = useTranslation();
  const { range, setRange } = useTimeRange();
  const { setIsTimeOpen } = useShellState();
  const held = useRef<Held>({ ...UNTOUCHED });
  const choose = (next: TimeRange): void => {
    setRange(next);
    setIsTimeOpen(false);
  };
  const button = {
    variant: 'default',
    rightSection: <IconChevronDown size={14} />,
    'aria-haspopup': 'dialog',
    children: rangeText(range, t('time.last'), i18n.language),
  } as const;
  return (
    <span className={css.time} role="group" aria-label={t('time.title')}>
      <IconButton
        label={t('time.back')}
        onClick={() => setRange(shiftRange(range, -1, browserClock.nowMs()))}
      >
        <IconChevronLeft size={16} />
      </IconButton>
      <Suspense fallback={<Button {...button} {...noting(held)} />}>
        <TimePopover range={range} held={held} onChoose={choose} button={button} />
      </Suspense>
      <IconButton
        label={t('time.forward')}
        isDisabled={range.kind === 'relative'}
        onClick={() => setRange(shiftRange(range, 1, browserClock.nowMs()))}
      >
        <IconChevronRight size={16} />
      </IconButton>
      <IconButton label={t('time.zoomOut')} onClick={() => setRange(zoomOut(range, browserClock.nowMs()))}>
        <IconZoomOut size={16} />
      </IconButton>
    </span>
  );
}

function rangeText(range: TimeRange, last: string, language: string): string {
  if (range.kind === 'relative') return `${last} ${formatSpan(range.spanMs)}`;
  const zone = shownZone();
  const dayOf = (timestampMs: number): string => wallClockOf(timestampMs, zone).slice(0, 3).join();
  const isOneDay = dayOf(range.fromMs) === dayOf(range.toMs);
  const format = new Intl.DateTimeFormat(language, {
    ...(isOneDay ? { second: '2-digit' } : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  });
  return `${format.format(range.fromMs)} – ${format.format(range.toMs)}`;
}
