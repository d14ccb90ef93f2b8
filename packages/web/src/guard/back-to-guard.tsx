import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import css from './guard.module.css';

export function BackToGuard() {
  const { t } = useTranslation();
  return (
    <p className={css.back}>
      <Link to="/guard">
        <IconArrowLeft size={16} aria-hidden="true" />
        {t('guard.allDecisions')}
      </Link>
    </p>
  );
}
