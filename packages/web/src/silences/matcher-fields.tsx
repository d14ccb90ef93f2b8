import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/icon-button.tsx';
import { formatMatchers, MATCHER_OPS, parseMatchers, type MatcherDraft } from './matchers.ts';
import { EMPTY_ROW, type SilenceDraft } from './silence-draft.ts';
import css from './silences.module.css';

export interface MatcherFieldsProps {
  readonly value: SilenceDraft['matchers'];
  /** It was tried to send, and there is no whole condition. */
  readonly isMissing: boolean;
  readonly onChange: (value: SilenceDraft['matchers']) => void;
}

/** Conditions as rows of fields or as one text, whichever is at hand. */
export function MatcherFields({ value, isMissing, onChange }: MatcherFieldsProps) {
  const { t } = useTranslation();
  const headingId = useId();
  const read = value.kind === 'text' ? parseMatchers(value.text) : undefined;
  const swap = (): void => {
    if (value.kind === 'rows') {
      const rows = value.rows.filter(({ name, value: text }) => name !== '' || text !== '');
      onChange({ kind: 'text', text: rows.length === 0 ? '' : formatMatchers(rows) });
    } else if (read?.kind === 'matchers')
      onChange({ kind: 'rows', rows: read.matchers.length === 0 ? [EMPTY_ROW] : read.matchers });
  };
  return (
    <section className={css.card} aria-labelledby={headingId}>
      <header className={css.cardHead}>
        <h2 id={headingId}>{t('silences.matchers')}</h2>
        <Button variant="subtle" size="compact-xs" onClick={swap} disabled={read?.kind === 'fault'}>
          {t(value.kind === 'rows' ? 'silences.asText' : 'silences.asRows')}
        </Button>
      </header>
      <p className={css.hint}>{t('silences.matchersHint')}</p>
      {value.kind === 'rows' ? (
        <Rows rows={value.rows} isMissing={isMissing} onChange={(rows) => onChange({ kind: 'rows', rows })} />
      ) : (
        <Textarea
          size="xs"
          rows={4}
          value={value.text}
          spellCheck={false}
          className={css.code}
          aria-label={t('silences.matchers')}
          placeholder='{alertname="TargetDown", instance=~"web-.*"}'
          error={
            read?.kind === 'fault'
              ? t('silences.textFault', {
                  fault: t(`silences.matcherFault.${read.fault}`),
                  column: read.column,
                })
              : isMissing && t('silences.matchersMissing')
          }
          onChange={(event) => onChange({ kind: 'text', text: event.currentTarget.value })}
        />
      )}
    </section>
  );
}

interface RowsProps {
  readonly rows: readonly MatcherDraft[];
  readonly isMissing: boolean;
  readonly onChange: (rows: readonly MatcherDraft[]) => void;
}

function Rows({ rows, isMissing, onChange }: RowsProps) {
  const { t } = useTranslation();
  return (
    <>
      <ul className={css.matchers}>
        {rows.map((row, i) => (
          // Rows have no identity but their place.
          <Row
            key={i}
            row={row}
            number={i + 1}
            isNameWanted={row.value !== '' || (isMissing && i === 0)}
            onChange={(next) => onChange(rows.with(i, next))}
            onRemove={rows.length > 1 ? () => onChange(rows.toSpliced(i, 1)) : undefined}
          />
        ))}
      </ul>
      <Button
        variant="default"
        leftSection={<IconPlus size={14} />}
        onClick={() => onChange([...rows, EMPTY_ROW])}
      >
        {t('silences.addMatcher')}
      </Button>
    </>
  );
}

interface RowProps {
  readonly row: MatcherDraft;
  readonly number: number;
  readonly isNameWanted: boolean;
  readonly onChange: (row: MatcherDraft) => void;
  /** Absent: it is the only one. */
  readonly onRemove: (() => void) | undefined;
}

function Row({ row, number, isNameWanted, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  return (
    <li className={css.matcher}>
      <TextInput
        className={css.matcherName}
        value={row.name}
        placeholder={t('silences.label')}
        aria-label={t('silences.labelOf', { number })}
        error={row.name.trim() === '' && isNameWanted ? t('silences.labelMissing') : undefined}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => onChange({ ...row, name: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        className={css.matcherOp}
        value={row.op}
        aria-label={t('silences.opOf', { number })}
        data={MATCHER_OPS.map((op) => ({ value: op, label: `${op}  ${t(`silences.op.${OP_WORDS[op]}`)}` }))}
        onChange={(event) => {
          const op = MATCHER_OPS.find((known) => known === event.currentTarget.value);
          if (op !== undefined) onChange({ ...row, op });
        }}
      />
      <TextInput
        className={css.matcherValue}
        value={row.value}
        placeholder={t('silences.value')}
        aria-label={t('silences.valueOf', { number })}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => onChange({ ...row, value: event.currentTarget.value })}
      />
      {onRemove !== undefined && (
        <IconButton
          label={t('silences.removeOf', { number })}
          tip={t('silences.remove')}
          tipSide="left"
          size={30}
          onClick={onRemove}
        >
          <IconX size={16} />
        </IconButton>
      )}
    </li>
  );
}

const OP_WORDS = { '=': 'is', '!=': 'isNot', '=~': 'matches', '!~': 'matchesNot' } as const;
