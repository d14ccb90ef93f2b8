import { useTranslation } from 'react-i18next';
import { Panel } from '../design/panel.tsx';
import css from './explore.module.css';

/** Questions that have an answer on every installation. */
const EXAMPLES = [
  ['cpu', '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))'],
  ['memory', 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes'],
  ['network', 'sum by (device) (rate(node_network_receive_bytes_total[1m]))'],
  ['targets', 'up'],
  ['slowScrapes', 'topk(5, scrape_duration_seconds)'],
] as const;

/** What to ask when one does not know yet what there is. */
export function Examples({ onPick }: { readonly onPick: (expr: string) => void }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('explore.examples')}>
      <p className={css.examplesText}>{t('explore.examplesText')}</p>
      <ul className={css.examples}>
        {EXAMPLES.map(([id, expr]) => (
          <li key={id}>
            <button type="button" className={css.example} onClick={() => onPick(expr)}>
              <span>{t(`explore.example.${id}`)}</span>
              <code>{expr}</code>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
