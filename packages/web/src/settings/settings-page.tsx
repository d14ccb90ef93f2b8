import { useTranslation } from 'react-i18next';
import { PushSettings } from '../pwa/push-settings.tsx';
import { Page } from '../shell/page.tsx';

export function SettingsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.settings')}>
      <PushSettings />
    </Page>
  );
}
