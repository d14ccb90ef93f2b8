import { Button, Popover, TextInput } from '@mantine/core';
import { IconHistory, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/icon-button.tsx';
import css from './explore.module.css';

export interface HistoryListProps {
  readonly history: readonly string[];
  readonly onPick: (expr: string) => void;
  /** One query, or all. */
  readonly onForget: (expr?: string) => void;
}

/** What was asked before: found by a part of it, asked again, or forgotten. */
export function HistoryList(props: HistoryListProps) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const { history, onPick } = props;
  return (
    <Popover position="bottom-end" width={420} shadow="md" trapFocus opened={isOpen} onChange={setIsOpen}>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconHistory size={14} />}
          disabled={history.length === 0}
          onClick={() => setIsOpen(!isOpen)}
        >
          {t('explore.history')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('explore.history')}>
        <Entries
          {...props}
          onPick={(expr) => {
            setIsOpen(false);
            onPick(expr);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Entries({ history, onPick, onForget }: HistoryListProps) {
  const { t } = useTranslation();
  const [part, setPart] = useState('');
  const shown = history.filter((expr) => expr.toLowerCase().includes(part.trim().toLowerCase()));
  return (
    <>
      <TextInput
        value={part}
        placeholder={t('explore.historySearch')}
        aria-label={t('explore.historySearch')}
        onChange={(event) => setPart(event.currentTarget.value)}
      />
      <ul className={css.history}>
        {shown.map((expr) => (
          <li key={expr}>
            <button type="button" onClick={() => onPick(expr)}>
              <code>{expr}</code>
            </button>
            <IconButton label={`${t('explore.forget')}: ${expr}`} size={24} onClick={() => onForget(expr)}>
              <IconTrash size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      <Button variant="subtle" size="xs" onClick={() => onForget()}>
        {t('explore.forgetAll')}
      </Button>
    </>
  );
}
