import type { DashboardEntry } from '@vedette/api';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { formatMoment } from '../../chart/time-axis.ts';
import { IconButton } from '../../design/icon-button.tsx';
import css from '../dashboards.module.css';

export interface DashboardCardProps {
  readonly entry: DashboardEntry;
  readonly isFavourite: boolean;
  readonly onFavourite: () => void;
  readonly onTag: (tag: string) => void;
}

/** A dashboard of the list: what it shows, where it is from, who changed it last. */
export function DashboardCard({ entry, isFavourite, onFavourite, onTag }: DashboardCardProps) {
  const { t, i18n } = useTranslation();
  const { uid, title, description, tags, origin, panelCount, updatedAtMs, updatedBy } = entry;
  const star = t(isFavourite ? 'dashboards.unfavourite' : 'dashboards.favourite');
  return (
    <li className={css.cardItem}>
      <div className={css.cardHead}>
        <h2 className={css.cardTitle}>
          <Link to="/dashboards/$uid" params={{ uid }}>
            {title === '' ? uid : title}
          </Link>
        </h2>
        <IconButton label={`${star}: ${title}`} tip={star} tipSide="left" onClick={onFavourite}>
          {isFavourite ? <IconStarFilled size={16} className={css.star} /> : <IconStar size={16} />}
        </IconButton>
      </div>
      {description !== '' && <p className={css.cardText}>{description}</p>}
      <p className={css.cardFacts}>
        <span className={css.origin} data-origin={origin}>
          {t(`dashboards.origin.${origin}`)}
        </span>
        <span>{t('dashboards.panelCount', { count: panelCount })}</span>
        {updatedAtMs !== null && (
          <span>
            {t('dashboards.changed', {
              time: formatMoment(updatedAtMs, i18n.language),
              by: updatedBy ?? t('dashboards.somebody'),
            })}
          </span>
        )}
      </p>
      {tags.length > 0 && (
        <div className={css.tags}>
          {tags.map((tag) => (
            <button
              key={tag}
              type="button"
              className={css.tag}
              aria-label={t('dashboards.onlyTag', { tag })}
              onClick={() => onTag(tag)}
            >
              {tag}
            </button>
          ))}
        </div>
      )}
    </li>
  );
}
