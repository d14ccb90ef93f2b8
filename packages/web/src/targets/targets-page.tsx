import { useTranslation } from 'react-i18next';
import { Page } from '../shell/page.tsx';

export function TargetsPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.targets')}>…</Page>;
}
