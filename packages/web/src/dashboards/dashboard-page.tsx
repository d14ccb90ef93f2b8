import { useTranslation } from 'react-i18next';
import type { PanelProps } from '../panel/panel-props.ts';
import { PanelView } from '../panel/panel-view.tsx';
import { Page } from '../shell/page.tsx';

export function DashboardPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.dashboards')} hasTime>
      {([] as PanelProps[]).map((props) => (
        <PanelView key={props.panel.id} {...props} />
      ))}
    </Page>
  );
}
