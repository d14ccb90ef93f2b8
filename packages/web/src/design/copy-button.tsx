import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../lib/browser-clock.ts';
import { copyText } from './copy-text.ts';
import css from './design.module.css';

/** How long it says that it worked. */
const SAID_MS = 2000;

/** Puts a text onto the clipboard, and says whether that worked: without HTTPS browsers refuse. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  const copy = async (): Promise<void> => {
    setOutcome((await copyText(text)) ? 'copied' : 'refused');
    browserClock.setTimer(SAID_MS, () => setOutcome(undefined));
  };
  return (
    <button type="button" className={css.copy} aria-label={label} onClick={() => void copy()}>
      {outcome === 'copied' ? <IconCheck size={14} /> : <IconCopy size={14} />}
      <span role="status">{t(`administration.copy.${outcome ?? 'copy'}`)}</span>
    </button>
  );
}
