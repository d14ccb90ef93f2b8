import type { ResolvedVariable } from '@vedette/dashboard';
import { Popover, TextInput } from '@mantine/core';
import { IconChevronDown, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ALL_VALUE, chosenAfter, foundOptions } from './choose.ts';
import css from './variables.module.css';

export interface OptionsPopoverProps {
  readonly label: string;
  readonly resolved: ResolvedVariable;
  readonly onChoose: (chosen: readonly string[]) => void;
}

/** As many fit a list that somebody scrolls; the search finds the others. */
const OPTIONS_SHOWN_MAX = 200;

/** Values on the button; more are counted. */
const NAMED_MAX = 2;

/** A list to search and choose from, one value or several. */
export function OptionsPopover({ label, resolved, onChoose }: OptionsPopoverProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isMulti = resolved.variable.isMulti;
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <button type="button" className={css.button} onClick={() => setIsOpen(!isOpen)}>
          <span className={css.hiddenText}>{label}: </span>
          <ChosenText resolved={resolved} />
          <IconChevronDown size={14} aria-hidden="true" />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <OptionList
          label={label}
          resolved={resolved}
          onChoose={(chosen) => {
            onChoose(chosen);
            if (!isMulti) setIsOpen(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function OptionList({ label, resolved, onChoose }: OptionsPopoverProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const { variable, chosen } = resolved;
  const options = resolved.options.filter(({ value }) => value !== ALL_VALUE);
  const found = foundOptions(options, search);
  const pick = (value: string): void =>
    onChoose(
      chosenAfter(
        {
          isMulti: variable.isMulti,
          hasAll: variable.hasAll,
          chosen,
          options: options.map((option) => option.value),
        },
        value,
      ),
    );
  const rows =
    variable.hasAll && search === '' ? [{ text: t('dashboards.variables.all'), value: ALL_VALUE }] : [];
  return (
    <div className={css.list}>
      <TextInput
        data-autofocus
        value={search}
        placeholder={t('dashboards.variables.search')}
        aria-label={t('dashboards.variables.search')}
        leftSection={<IconSearch size={14} />}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <div className={css.options} role="group" aria-label={label} tabIndex={-1}>
        {[...rows, ...found.slice(0, OPTIONS_SHOWN_MAX)].map(({ text, value }) => (
          <label key={value} className={css.option}>
            <input
              type={variable.isMulti ? 'checkbox' : 'radio'}
              name={variable.name}
              checked={chosen.includes(value)}
              onChange={() => pick(value)}
            />
            <span>{text === '' ? t('dashboards.variables.empty') : text}</span>
          </label>
        ))}
        {found.length === 0 && <p className={css.muted}>{t('dashboards.variables.none')}</p>}
        {found.length > OPTIONS_SHOWN_MAX && (
          <p className={css.muted}>
            {t('dashboards.variables.more', { count: found.length - OPTIONS_SHOWN_MAX })}
          </p>
        )}
      </div>
    </div>
  );
}

function ChosenText({ resolved: { options, chosen } }: { readonly resolved: ResolvedVariable }) {
  const { t } = useTranslation();
  const nameOf = (value: string): string =>
    value === ALL_VALUE
      ? t('dashboards.variables.all')
      : (options.find((option) => option.value === value)?.text ?? value);
  const text = chosen.slice(0, NAMED_MAX).map(nameOf).join(', ');
  const restCount = chosen.length - NAMED_MAX;
  return (
    <span className={css.chosen}>
      {chosen.length === 0 ? t('dashboards.variables.none') : text}
      {restCount > 0 && ` + ${restCount}`}
    </span>
  );
}
