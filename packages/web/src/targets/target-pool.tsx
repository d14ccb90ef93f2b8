import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { PrometheusTarget } from '../api/prometheus.ts';
import { LabelList } from '../design/labels.tsx';
import type { Tone } from '../design/tone.ts';
import { Badge } from '../design/tone-badge.tsx';
import { useSteadyOrder } from '../design/use-steady-order.ts';
import { formatAge } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { useNow } from '../time/use-now.ts';
import type { Pool } from './target-pools.ts';
import css from './targets.module.css';

const TONES: Readonly<Record<PrometheusTarget['health'], Tone>> = {
  up: 'ok',
  down: 'critical',
  unknown: 'unknown',
};

/** A pool with a row per target; rows become cards on a phone. */
export function TargetPool({ pool }: { readonly pool: Pool }) {
  const { t } = useTranslation();
  const { ordered, holder } = useSteadyOrder(pool.targets, keyOf);
  return (
    <section className={css.pool} aria-label={pool.name} {...holder}>
      <header className={css.head}>
        <h2>{pool.name}</h2>
        <span className={css.count}>
          {t('overview.up', { up: pool.upCount, total: pool.targets.length })}
        </span>
        <Link
          to="/explore"
          search={{ expr: `up{job=${JSON.stringify(pool.targets[0]?.labels['job'] ?? pool.name)}}` }}
        >
          {t('targets.explore')}
        </Link>
      </header>
      <ul className={css.targets}>
        {ordered.map((target) => (
          <Target key={keyOf(target)} target={target} />
        ))}
      </ul>
    </section>
  );
}

function keyOf({ scrapeUrl, labels }: PrometheusTarget): string {
  return `${scrapeUrl} ${JSON.stringify(labels)}`;
}

/** What Prometheus' own series of a target have. */
function selectorOf({ labels }: PrometheusTarget): string {
  return ['job', 'instance'].map((name) => `${name}=${JSON.stringify(labels[name] ?? '')}`).join(',');
}

function Target({ target }: { readonly target: PrometheusTarget }) {
  const { t } = useTranslation();
  const nowMs = useNow(1000);
  const lastMs = Date.parse(target.lastScrape);
  const hasScraped = !Number.isNaN(lastMs) && lastMs > 0;
  return (
    <li className={css.target}>
      <span>
        <Badge tone={TONES[target.health]}>{t(`targets.${target.health}`)}</Badge>
      </span>
      <div className={css.body}>
        <Link
          to="/explore"
          search={{ expr: `{__name__=~"up|scrape_.+",${selectorOf(target)}}`, view: 'table' }}
          className={css.url}
          data-row=""
        >
          <code>{target.scrapeUrl}</code>
        </Link>
        <LabelList labels={target.labels} />
        {target.lastError !== '' && <p className={css.error}>{target.lastError}</p>}
      </div>
      <dl className={css.facts}>
        <div>
          <dt>{t('targets.last')}</dt>
          <dd>{hasScraped ? t('targets.ago', { age: formatAge(nowMs - lastMs) }) : t('targets.never')}</dd>
        </div>
        <div>
          <dt>{t('targets.took')}</dt>
          <dd>{hasScraped ? formatValue(target.lastScrapeDuration, 's') : '–'}</dd>
        </div>
        <div>
          <dt>{t('targets.interval')}</dt>
          <dd>{target.scrapeInterval ?? '–'}</dd>
        </div>
      </dl>
    </li>
  );
}
