import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from './page.tsx';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t('notFound.title')}>
      <p>
        {t('notFound.text')} <Link to="/">{t('nav.overview')}</Link>
      </p>
    </Page>
  );
}
