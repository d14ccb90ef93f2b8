import { Button, NativeSelect, Popover, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronLeft, IconChevronRight, IconZoomOut } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/icon-button.tsx';
import { browserClock } from '../lib/browser-clock.ts';
import {
  boundsOf,
  formatSpan,
  parseSpanMs,
  RANGE_PRESETS,
  shiftRange,
  timeRangeOfSearch,
  zoomOut,
  type TimeRange,
} from '../time/time-range.ts';
import { localInputOf, parseLocalInput } from '../time/local-input.ts';
import { BROWSER_ZONE, shownZone, storedZone, storeZone, wallClockOf } from '../time/zone.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import css from './shell.module.css';
import { useShellState } from './shell-state.ts';

/** The time range of the page: back, what is shown (opens the choice), forward, twice as much. */
export function TimePicker() {
  const { t, i18n } = useTranslation();
  const { range, setRange } = useTimeRange();
  const { isTimeOpen, setIsTimeOpen } = useShellState();
  const choose = (next: TimeRange): void => {
    setRange(next);
    setIsTimeOpen(false);
  };
  return (
    <span className={css.time} role="group" aria-label={t('time.title')}>
      <IconButton
        label={t('time.back')}
        onClick={() => setRange(shiftRange(range, -1, browserClock.nowMs()))}
      >
        <IconChevronLeft size={16} />
      </IconButton>
      <Popover
        opened={isTimeOpen}
        onChange={setIsTimeOpen}
        position="bottom-end"
        offset={12}
        trapFocus
        returnFocus
        shadow="md"
      >
        <Popover.Target>
          <Button
            variant="default"
            rightSection={<IconChevronDown size={14} />}
            onClick={() => setIsTimeOpen(!isTimeOpen)}
            aria-haspopup="dialog"
          >
            {rangeText(range, t('time.last'), i18n.language)}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <TimeForm range={range} onChoose={choose} />
        </Popover.Dropdown>
      </Popover>
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

interface TimeFormProps {
  readonly range: TimeRange;
  readonly onChoose: (range: TimeRange) => void;
}

function TimeForm({ range, onChoose }: TimeFormProps) {
  const { t } = useTranslation();
  const bounds = boundsOf(range, browserClock.nowMs());
  const [span, setSpan] = useState(range.kind === 'relative' ? formatSpan(range.spanMs) : '');
  const [from, setFrom] = useState(localInputOf(bounds.fromMs));
  const [to, setTo] = useState(localInputOf(bounds.toMs));
  const spanMs = parseSpanMs(span);
  const absolute = absoluteRangeOf(parseLocalInput(from), parseLocalInput(to));
  return (
    <div className={css.timeForm}>
      <div className={css.presets} role="group" aria-label={t('time.presets')}>
        {RANGE_PRESETS.map((preset) => (
          <Button
            key={preset}
            variant="default"
            aria-pressed={range.kind === 'relative' && formatSpan(range.spanMs) === preset}
            onClick={() => onChoose({ kind: 'relative', spanMs: parseSpanMs(preset) ?? 0 })}
          >
            {preset}
          </Button>
        ))}
      </div>
      <form
        className={css.timeRow}
        onSubmit={(event) => {
          event.preventDefault();
          if (spanMs !== undefined) onChoose({ kind: 'relative', spanMs });
        }}
      >
        <TextInput
          label={t('time.span')}
          value={span}
          placeholder="90m"
          data-autofocus
          error={span !== '' && spanMs === undefined ? t('time.spanError') : undefined}
          onChange={(event) => setSpan(event.currentTarget.value)}
        />
        <Button type="submit" disabled={spanMs === undefined}>
          {t('time.apply')}
        </Button>
      </form>
      <form
        className={css.timeForm}
        onSubmit={(event) => {
          event.preventDefault();
          if (absolute !== undefined) onChoose(absolute);
        }}
      >
        <TextInput
          type="datetime-local"
          step={1}
          label={t('time.from')}
          value={from}
          onChange={(e) => setFrom(e.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={t('time.to')}
          value={to}
          onChange={(e) => setTo(e.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={absolute === undefined}>
          {t('time.applyFixed')}
        </Button>
      </form>
      <ZoneField />
    </div>
  );
}

/** The zone goes into the URL, so that a link shows the same times to whoever opens it. */
function ZoneField() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const zone = useSearch({ strict: false }).tz ?? storedZone();
  const choose = (tz: string): void => {
    storeZone(tz);
    void navigate({ to: '.', search: (search) => ({ ...search, tz }) });
  };
  return (
    <NativeSelect
      label={t('time.zone')}
      value={zone}
      onChange={(event) => choose(event.currentTarget.value)}
      data={[
        { value: BROWSER_ZONE, label: t('time.zoneBrowser', { zone: browserZoneName() }) },
        { value: 'utc', label: 'UTC' },
        ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC'),
      ]}
    />
  );
}

function browserZoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function absoluteRangeOf(fromMs: number | undefined, toMs: number | undefined): TimeRange | undefined {
  if (fromMs === undefined || toMs === undefined) return undefined;
  const range = timeRangeOfSearch({ from: fromMs, to: toMs });
  return range.kind === 'absolute' ? range : undefined;
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
