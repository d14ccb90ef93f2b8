import { useTranslation } from 'react-i18next';
import { ToneIcon } from './tone-badge.tsx';
import css from './design.module.css';

/** A fault in words: what could not be done and why. */
export function Fault({ title, message }: { readonly title?: string; readonly message: string }) {
  const { t } = useTranslation();
  return (
    <div className={css.fault} role="alert">
      <ToneIcon tone="critical" size={18} />
      <div>
        <strong>{title ?? t('fault.title')}</strong>
        <p>{message}</p>
      </div>
    </div>
  );
}
