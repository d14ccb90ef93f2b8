import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import css from './silences.module.css';

export function BackToSilences() {
  const { t } = useTranslation();
  return (
    <p className={css.back}>
      <Link to="/alerts" search={{ view: 'silences' }}>
        <IconArrowLeft size={16} aria-hidden="true" />
        {t('silences.all')}
      </Link>
    </p>
  );
}
