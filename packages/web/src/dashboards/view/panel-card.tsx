import { Skeleton } from '@mantine/core';
import { IconExternalLink, IconInfoCircle } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { safeLink } from '@vedette/dashboard';
import { useState, type KeyboardEvent, type ReactNode, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { exploreExprOf } from '../../chart/explore-expr.ts';
import { useVisible } from '../../chart/use-visible.ts';
import design from '../../design/design.module.css';
import { Retry } from '../../design/fault.tsx';
import { ToneIcon } from '../../design/tone-badge.tsx';
import { browserClock } from '../../lib/browser-clock.ts';
import { findDrawnKind } from '../../panel/panel-kinds.ts';
import { hasNumbers } from '../../panel/has-numbers.ts';
import { usePanelOffers } from '../../panel/panel-offers.ts';
import { PanelView } from '../../panel/panel-view.tsx';
import { boundsOf } from '../../time/time-range.ts';
import type { ShownPanel } from '../answers/shown-panels.ts';
import { usePanelData, type PanelData } from '../answers/use-panel-data.ts';
import { useBoard } from './board-state.ts';
import { actionOfKey, PanelMenu, type PanelActions } from './panel-menu.tsx';
import { useHeight } from './use-height.ts';
import css from './view.module.css';
import { Waiting } from './waiting.tsx';
import { copyText } from '../../design/copy-text.ts';

export interface PanelCardProps {
  readonly shown: ShownPanel;
  /** Left of the title while the grid is edited. */
  readonly handle?: ReactNode;
}

/** A panel in its place: title, menu, and its drawing, or why there is none. */
export function PanelCard({ shown, handle }: PanelCardProps) {
  const { ref, isVisible } = useVisible<HTMLElement>();
  const [isCancelled, setIsCancelled] = useState(false);
  const data = usePanelData(shown, isVisible && !isCancelled);
  const [isTable, setIsTable] = useState(false);
  const actions = useActions({ shown, data, root: ref, isTable, onTable: setIsTable });
  const state = panelState(shown, data, isCancelled);
  const cancel = (): void => {
    data.cancel();
    setIsCancelled(true);
  };
  const onKey = (event: KeyboardEvent<HTMLElement>): void => {
    const isTyping =
      event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    const action = actionOfKey(event.key, actions);
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  return (
    // Not a landmark of the page: a dashboard has dozens, and in people's files some have the same title.
    <section
      ref={ref}
      role="group"
      className={css.panel}
      data-panel-id={shown.key}
      data-panel-kind={shown.panel.kind}
      data-state={state}
      data-table={isTable || undefined}
      data-transparent={shown.panel.isTransparent || undefined}
      aria-label={data.title === '' ? shown.panel.type : data.title}
      onKeyDown={onKey}
    >
      <PanelHead
        shown={shown}
        data={data}
        actions={actions}
        handle={handle}
        isWaiting={isVisible && !isCancelled && (data.isLoading || data.isStale)}
        onCancel={cancel}
      />
      <PanelBody
        shown={shown}
        data={data}
        state={state}
        isTable={isTable}
        onAgain={() => setIsCancelled(false)}
      />
    </section>
  );
}

interface HeadProps {
  readonly shown: ShownPanel;
  readonly data: PanelData;
  readonly actions: PanelActions;
  readonly handle: ReactNode;
  /** Asked, and not answered yet. Off screen nothing is asked: a clock that ticks there only keeps the page busy. */
  readonly isWaiting: boolean;
  readonly onCancel: () => void;
}

function PanelHead({ shown: { panel }, data, actions, handle, isWaiting, onCancel }: HeadProps) {
  const { t } = useTranslation();
  const description = data.fill(panel.description);
  const times = [
    panel.timeFrom === undefined ? '' : t('dashboards.timeFrom', { span: data.fill(panel.timeFrom) }),
    panel.timeShift === undefined ? '' : t('dashboards.timeShift', { span: data.fill(panel.timeShift) }),
  ].filter((text) => text !== '');
  return (
    <header className={css.panelHead}>
      {handle}
      <h2 className={css.panelTitle} title={data.title}>
        {data.title}
      </h2>
      {description !== '' && (
        <span
          className={`${design.tip} ${design.iconButton}`}
          data-tip={description}
          tabIndex={0}
          role="img"
          aria-label={t('dashboards.about', { text: description })}
        >
          <IconInfoCircle size={14} />
        </span>
      )}
      {times.length > 0 && <span className={css.panelNote}>{times.join(' · ')}</span>}
      <PanelLinks panel={panel} fill={data.fill} />
      <span className={css.panelEnd}>
        {isWaiting && <Waiting onCancel={onCancel} />}
        {data.faults.length > 0 && data.frames.length > 0 && (
          <span
            className={`${design.tip}`}
            data-tip={data.faults.map(({ message }) => message).join('; ')}
            data-tip-side="left"
            tabIndex={0}
            role="img"
            aria-label={data.faults.map(({ message }) => message).join('; ')}
          >
            <ToneIcon tone="critical" size={16} />
          </span>
        )}
        <PanelMenu title={data.title} actions={actions} />
      </span>
    </header>
  );
}

function PanelLinks({
  panel,
  fill,
}: {
  readonly panel: ShownPanel['panel'];
  readonly fill: PanelData['fill'];
}) {
  const links = panel.links.flatMap((link) => {
    const href = safeLink(fill(link.url));
    return href === undefined ? [] : [{ ...link, href, text: fill(link.title) || href }];
  });
  return links.map(({ href, text, opensTab }, i) => (
    <a
      key={i}
      className={`${css.panelLink} ${design.tip}`}
      href={href}
      data-tip={text}
      aria-label={text}
      {...(opensTab ? { target: '_blank', rel: 'noreferrer' } : {})}
    >
      <IconExternalLink size={14} />
    </a>
  ));
}

interface BodyProps {
  readonly shown: ShownPanel;
  readonly data: PanelData;
  readonly state: PanelState;
  readonly isTable: boolean;
  readonly onAgain: () => void;
}

function PanelBody({ shown: { panel }, data, state, isTable, onAgain }: BodyProps) {
  const { t } = useTranslation();
  const board = useBoard();
  const { ref, height } = useHeight<HTMLDivElement>();
  const isDrawn = state !== 'cancelled' && state !== 'loading' && state !== 'faulty';
  const isPicture = isDrawn && findDrawnKind(panel.kind)?.isFitted === true && !isTable;
  return (
    <div
      ref={ref}
      className={css.body}
      data-stale={data.isStale || undefined}
      data-scrolls={!isPicture || undefined}
      {...(isPicture ? {} : { tabIndex: 0, role: 'group', 'aria-label': data.title || panel.type })}
    >
      {state === 'cancelled' && (
        <div className={css.quiet}>
          {t('dashboards.cancelled')}
          <button type="button" className={css.textButton} onClick={onAgain}>
            {t('dashboards.askAgain')}
          </button>
        </div>
      )}
      {state === 'loading' && <Skeleton height="100%" />}
      {state === 'faulty' && <Faults faults={data.faults} onRetry={data.retry} />}
      {isDrawn && height > 0 && (
        <PanelView
          panel={panel}
          frames={data.frames}
          bounds={boundsOf(data.range, data.newestMs ?? browserClock.nowMs())}
          timezone={board.timezone}
          height={height}
          marks={board.marks}
          isShared={board.dashboard.cursor !== 'off'}
          isTable={isTable}
          interpolate={data.fill}
          onZoom={board.onZoom}
          onZoomBack={board.onZoomBack}
        />
      )}
    </div>
  );
}

/**
 * What a panel shows: `partial` lacks the answers of some queries, `stale` answers a question before, `empty` has
 * nothing in the range.
 */
type PanelState = 'cancelled' | 'loading' | 'faulty' | 'partial' | 'stale' | 'empty' | 'drawn';

function panelState({ panel }: ShownPanel, data: PanelData, isCancelled: boolean): PanelState {
  if (panel.kind === 'text' || panel.kind === 'unsupported') return 'drawn';
  if (isCancelled && data.frames.length === 0) return 'cancelled';
  if (data.isLoading) return 'loading';
  if (data.faults.length > 0) return data.frames.length === 0 ? 'faulty' : 'partial';
  if (data.isStale) return 'stale';
  return hasNumbers(data.frames) ? 'drawn' : 'empty';
}

interface FaultsProps {
  readonly faults: PanelData['faults'];
  readonly onRetry: PanelData['retry'];
}

function Faults({ faults, onRetry }: FaultsProps) {
  return (
    <div className={css.faults} role="alert">
      {faults.map(({ refId, message }, i) => (
        <p key={i}>
          <ToneIcon tone="critical" size={16} />
          <span>
            {refId !== '' && <strong>{refId}: </strong>}
            {message}
          </span>
        </p>
      ))}
      {onRetry !== undefined && <Retry onRetry={onRetry} />}
    </div>
  );
}

interface ActionsRequest {
  readonly shown: ShownPanel;
  readonly data: PanelData;
  readonly root: RefObject<HTMLElement | null>;
  readonly isTable: boolean;
  readonly onTable: (isTable: boolean) => void;
}

function useActions({ shown, data, root, isTable, onTable }: ActionsRequest): PanelActions {
  const board = useBoard();
  const navigate = useNavigate();
  // A panel in a new tab was opened with it large: going back to the whole is the same key.
  const isLarge = board.viewPanel !== undefined;
  const exprs = data.questions.map(({ expr }) => expr);
  const { change } = board;
  const { id } = shown.panel;
  const hasQueries = exprs.length > 0;
  const offers = usePanelOffers({
    panel: shown.panel,
    frames: data.frames,
    interpolate: data.fill,
    root,
    isTable,
    onTable,
    exprs,
  });
  return {
    isLarge,
    view: () => board.onView(isLarge ? undefined : shown.key),
    copyLink: () => void copyText(linkOf(shown.key)),
    json: () => board.onJson(id),
    offers,
    ...(hasQueries
      ? {
          explore: () =>
            void navigate({
              to: '/explore',
              search: { expr: exploreExprOf(exprs, (q) => data.questions[q]?.refId ?? '') },
            }),
        }
      : {}),
    ...(change === undefined
      ? {}
      : {
          edit: () => change.edit(id),
          duplicate: () => change.duplicate(id),
          remove: () => change.remove(id),
        }),
  };
}

/** The address of the page with this one panel large. */
function linkOf(key: string): string {
  const url = new URL(location.href);
  url.searchParams.set('viewPanel', key);
  for (const name of ['edit', 'editPanel']) url.searchParams.delete(name);
  return url.href;
}
