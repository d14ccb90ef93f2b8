import { Button, TextInput } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoment } from '../chart/time-axis.ts';
import { localInputOf } from '../time/local-input.ts';
import { SPAN_PRESETS, type Span, type SpanDraft } from './silence-span.ts';
import css from './silences.module.css';

export interface SpanFieldsProps {
  readonly value: SpanDraft;
  /** What the draft means now. */
  readonly span: Span;
  /** When the silence began that is active already; its beginning stays. */
  readonly startedAtMs: number | undefined;
  readonly onChange: (value: SpanDraft) => void;
}

/** How long: a usual length with one click, any length as text, or a moment. */
export function SpanFields({ value, span, startedAtMs, onChange }: SpanFieldsProps) {
  const { t, i18n } = useTranslation();
  const headingId = useId();
  const { end } = value;
  const faultOf = (...names: readonly string[]): string | undefined =>
    span.kind === 'fault' && names.includes(span.fault) ? t(`silences.spanFault.${span.fault}`) : undefined;
  const endFaults = ['order', 'past', 'long'];
  const until = end.kind === 'until' ? end.local : span.kind === 'span' ? localInputOf(span.endsAtMs) : '';
  return (
    <section className={css.card} aria-labelledby={headingId}>
      <header className={css.cardHead}>
        <h2 id={headingId}>{t('silences.howLong')}</h2>
      </header>
      <div className={css.presets} role="group" aria-label={t('silences.presets')}>
        {SPAN_PRESETS.map((preset) => (
          <Button
            key={preset}
            variant="default"
            aria-pressed={end.kind === 'for' && end.text.trim() === preset}
            onClick={() => onChange({ ...value, end: { kind: 'for', text: preset } })}
          >
            {preset}
          </Button>
        ))}
      </div>
      <div className={css.times}>
        <TextInput
          label={t('silences.for')}
          value={end.kind === 'for' ? end.text : ''}
          placeholder="90m"
          error={faultOf('for') ?? (end.kind === 'for' ? faultOf(...endFaults) : undefined)}
          onChange={(event) => onChange({ ...value, end: { kind: 'for', text: event.currentTarget.value } })}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={t('silences.until')}
          value={until}
          error={faultOf('until') ?? (end.kind === 'until' ? faultOf(...endFaults) : undefined)}
          onChange={(event) =>
            onChange({ ...value, end: { kind: 'until', local: event.currentTarget.value } })
          }
        />
        {startedAtMs === undefined ? (
          <TextInput
            type="datetime-local"
            step={1}
            label={t('silences.from')}
            description={t('silences.fromHint')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={value.start}
            error={faultOf('start')}
            onChange={(event) => onChange({ ...value, start: event.currentTarget.value })}
          />
        ) : (
          <p className={css.started}>
            {t('silences.activeSince', { time: formatMoment(startedAtMs, i18n.language) })}
          </p>
        )}
      </div>
    </section>
  );
}
