import { useTranslation } from 'react-i18next';
import { Page } from '../shell/page.tsx';

export function ConnectPage() {
  const { t } = useTranslation();
  return <Page title={t('nav.connect')}>{null}</Page>;
}
