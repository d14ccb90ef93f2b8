import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useMemo, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { fillText } from '@vedette/dashboard';
import { createPanelScope, shownPanels, type ShownPanel } from '../answers/shown-panels.ts';
import { fromTop, sectionsOf, type Section } from '../layout.ts';
import { useBoard } from './board-state.ts';
import { PanelCard } from './panel-card.tsx';
import css from './view.module.css';

export interface BoardProps {
  /** Ids of rows that are not as the file has them. */
  readonly toggled: ReadonlySet<number>;
  readonly onToggle: (rowId: number) => void;
}

/** The panels of a dashboard by rows; what stands in a closed row is not mounted and asks nothing. */
export function Board({ toggled, onToggle }: BoardProps) {
  const { t } = useTranslation();
  const { dashboard, resolved, viewPanel } = useBoard();
  const shown = useMemo(() => shownPanels(dashboard, resolved), [dashboard, resolved]);
  const large = viewPanel === undefined ? undefined : findPanel(shown, viewPanel);
  if (large !== undefined)
    return (
      <div className={css.large}>
        <PanelCard shown={large} />
      </div>
    );
  const sections = sectionsOf(shown, (row) => (row.row?.isCollapsed ?? false) !== toggled.has(row.id));
  return (
    <div className={css.board}>
      {viewPanel !== undefined && <p className={css.notice}>{t('dashboards.noPanel', { id: viewPanel })}</p>}
      {sections.map((section, i) => (
        <SectionView key={section.row?.key ?? `top ${i}`} section={section} onToggle={onToggle} />
      ))}
    </div>
  );
}

interface SectionProps {
  readonly section: Section<ShownPanel>;
  readonly onToggle: (rowId: number) => void;
}

function SectionView({ section: { row, isCollapsed, panels }, onToggle }: SectionProps) {
  return (
    <>
      {row !== undefined && (
        <RowHead
          row={row}
          isCollapsed={isCollapsed}
          panelCount={panels.length}
          onToggle={() => onToggle(row.panel.id)}
        />
      )}
      {!isCollapsed && panels.length > 0 && <PanelGrid panels={panels} />}
    </>
  );
}

interface RowHeadProps {
  readonly row: ShownPanel;
  readonly isCollapsed: boolean;
  readonly panelCount: number;
  readonly onToggle: () => void;
}

function RowHead({ row, isCollapsed, panelCount, onToggle }: RowHeadProps) {
  const { t } = useTranslation();
  const board = useBoard();
  const title = fillText(row.panel.title, createPanelScope(board, row));
  return (
    <h2 className={css.rowHeading}>
      <button type="button" className={css.row} aria-expanded={!isCollapsed} onClick={onToggle}>
        {isCollapsed ? (
          <IconChevronRight size={16} aria-hidden="true" />
        ) : (
          <IconChevronDown size={16} aria-hidden="true" />
        )}
        {title === '' ? t('dashboards.row') : title}
        {isCollapsed && (
          <span className={css.rowCount}>{t('dashboards.panelCount', { count: panelCount })}</span>
        )}
      </button>
    </h2>
  );
}

/** Panels up to this width stand two in a line on a tablet, and small ones on a phone too. */
const HALF_WIDTH_MAX = 12;
const SMALL_WIDTH_MAX = 8;
const SMALL_HEIGHT_MAX = 6;

function PanelGrid({ panels }: { readonly panels: readonly ShownPanel[] }) {
  const grids = fromTop(panels.map(({ panel }) => panel.grid));
  return (
    <div className={css.grid}>
      {panels.map((shown, i) => {
        const { x, y, w, h } = grids[i] ?? shown.panel.grid;
        const isSmall = w <= SMALL_WIDTH_MAX && h <= SMALL_HEIGHT_MAX;
        const style = {
          '--x': x,
          '--y': y,
          '--w': w,
          '--h': h,
          '--wm': w <= HALF_WIDTH_MAX ? 12 : 24,
          '--ws': isSmall ? 12 : 24,
        } as CSSProperties;
        return (
          <div key={shown.key} className={css.cell} style={style}>
            <PanelCard shown={shown} />
          </div>
        );
      })}
    </div>
  );
}

/** By its key, or by its id alone, as Grafana's links name it. */
function findPanel(shown: readonly ShownPanel[], key: string): ShownPanel | undefined {
  const all = shown.filter(({ panel }) => panel.kind !== 'row');
  return (
    all.find((one) => one.key === key) ?? all.find(({ panel }) => String(panel.id) === key.split('/')[0])
  );
}
