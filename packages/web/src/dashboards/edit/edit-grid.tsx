import type { Dashboard, GridPosition, Panel } from '@vedette/dashboard';
import { IconGripVertical } from '@tabler/icons-react';
import { useMemo, type KeyboardEvent } from 'react';
import { GridLayout, useContainerWidth, verticalCompactor, type Layout } from 'react-grid-layout';
import 'react-grid-layout/css/styles.css';
import { useTranslation } from 'react-i18next';
import { GAP_PIXELS, GRID_COLUMNS, nudgeItem, UNIT_PIXELS, type Placed } from '../layout.ts';
import type { ShownPanel } from '../answers/shown-panels.ts';
import { PanelCard } from '../view/panel-card.tsx';
import css from './edit.module.css';

export interface EditGridProps {
  readonly dashboard: Dashboard;
  readonly shown: readonly ShownPanel[];
  readonly onPlace: (positions: ReadonlyMap<number, GridPosition>) => void;
}

/** Keys of the handle: the arrows move, with Shift they size. */
const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The grid while it is edited: panels are moved and sized with the pointer or, on their handle, with keys. */
export function EditGrid({ dashboard, shown, onPlace }: EditGridProps) {
  const { t } = useTranslation();
  const { width, containerRef, mounted } = useContainerWidth();
  const layout = useMemo<Layout>(
    () =>
      dashboard.panels.map(({ id, kind, grid }) => ({
        i: String(id),
        ...grid,
        minW: 2,
        ...(kind === 'row' ? { isResizable: false } : { minH: 2 }),
      })),
    [dashboard],
  );
  const place = (items: readonly Placed[]): void => {
    const before = new Map(dashboard.panels.map(({ id, grid }) => [id, grid]));
    const moved = items.filter(({ id, grid }) => !isSame(before.get(Number(id)), grid));
    if (moved.length > 0) onPlace(new Map(moved.map(({ id, grid }) => [Number(id), grid])));
  };
  const onKey = (panel: Panel, event: KeyboardEvent): void => {
    const step = KEYS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const [right, down] = step;
    const by = event.shiftKey ? { dx: 0, dy: 0, dw: right, dh: down } : { dx: right, dy: down, dw: 0, dh: 0 };
    if (panel.kind === 'row' && event.shiftKey) return;
    place(nudgeItem(placedOf(dashboard), String(panel.id), by));
  };
  return (
    <div ref={containerRef}>
      <p className={css.hint}>{t('dashboards.edit.keys')}</p>
      {mounted && (
        <GridLayout
          width={width}
          layout={layout}
          gridConfig={{
            cols: GRID_COLUMNS,
            rowHeight: UNIT_PIXELS,
            margin: [GAP_PIXELS, GAP_PIXELS],
            containerPadding: [0, 0],
          }}
          dragConfig={{ enabled: true, handle: `.${css.handle ?? ''}` }}
          compactor={verticalCompactor}
          onDragStop={(next) => place(next.map(itemOf))}
          onResizeStop={(next) => place(next.map(itemOf))}
        >
          {dashboard.panels.map((panel) => (
            <div key={String(panel.id)} className={css.gridItem}>
              <Item
                panel={panel}
                shown={shown.find((one) => one.panel.id === panel.id)}
                onKey={(event) => onKey(panel, event)}
              />
            </div>
          ))}
        </GridLayout>
      )}
    </div>
  );
}

interface ItemProps {
  readonly panel: Panel;
  readonly shown: ShownPanel | undefined;
  readonly onKey: (event: KeyboardEvent) => void;
}

function Item({ panel, shown, onKey }: ItemProps) {
  const { t } = useTranslation();
  const title = panel.title === '' ? t('dashboards.untitled') : panel.title;
  const handle = (
    <button
      type="button"
      className={css.handle}
      aria-label={t('dashboards.edit.move', { title })}
      onKeyDown={onKey}
    >
      <IconGripVertical size={16} />
    </button>
  );
  if (shown === undefined || panel.kind === 'row')
    return (
      <div className={css.line}>
        {handle}
        <strong>{title}</strong>
      </div>
    );
  return <PanelCard shown={shown} handle={handle} />;
}

function placedOf({ panels }: Dashboard): readonly Placed[] {
  return panels.map(({ id, grid }) => ({ id: String(id), grid }));
}

function itemOf({ i, x, y, w, h }: Layout[number]): Placed {
  return { id: i, grid: { x, y, w, h } };
}

function isSame(a: GridPosition | undefined, b: GridPosition): boolean {
  return a !== undefined && a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h;
}
