import { Button, NativeSelect, Popover, TextInput, type ButtonProps } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../lib/browser-clock.ts';
import { localInputOf, parseLocalInput } from '../time/local-input.ts';
import {
  boundsOf,
  formatSpan,
  parseSpanMs,
  RANGE_PRESETS,
  timeRangeOfSearch,
  type TimeRange,
} from '../time/time-range.ts';
import { BROWSER_ZONE, storedZone, storeZone } from '../time/zone.ts';
import css from './shell.module.css';
import { useShellState } from './shell-state.ts';
import { useTakeOver, type Held } from './take-over.ts';

export interface TimePopoverProps extends TimeFormProps {
  /** How the button looks that opens it. */
  readonly button: ButtonProps & { readonly children: ReactNode };
  /** What happened to that button before this was there. */
  readonly held: RefObject<Held>;
}

/** The button with the shown range, and the choice that it opens. */
export function TimePopover({ range, button, held, onChoose }: TimePopoverProps) {
  const { isTimeOpen, setIsTimeOpen } = useShellState();
  const [isReady, setIsReady] = useState(false);
  const target = useRef<HTMLButtonElement>(null);
  useTakeOver(held, target, () => setIsTimeOpen(true));
  // It may have been asked for before it was there: it opens then, so that the focus finds its way back.
  useEffect(() => setIsReady(true), []);
  return (
    <Popover
      opened={isTimeOpen && isReady}
      onChange={setIsTimeOpen}
      position="bottom-end"
      offset={12}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <Button ref={target} {...button} onClick={() => setIsTimeOpen(!isTimeOpen)} />
      </Popover.Target>
      <Popover.Dropdown>
        <TimeForm range={range} onChoose={onChoose} />
      </Popover.Dropdown>
    </Popover>
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
