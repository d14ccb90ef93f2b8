import { useTranslation } from 'react-i18next';
import { Empty } from '../design/panel.tsx';
import css from './explore.module.css';

export function NoSeries() {
  const { t } = useTranslation();
  return (
    <section className={css.answer}>
      <Empty title={t('explore.noSeries')} text={t('explore.noSeriesText')} />
    </section>
  );
}
