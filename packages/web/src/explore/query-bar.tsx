import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconCheck, IconPlayerPlay, IconTerminal } from '@tabler/icons-react';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { apiUrl } from '../api/http.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { copyText } from '../design/copy-text.ts';
import { IconButton } from '../design/icon-button.tsx';
import { formatStep } from '../format/relative-time.ts';
import { EXPLORE_VIEWS, type ExploreView } from '../search.ts';
import { boundsOf, type TimeRange } from '../time/time-range.ts';
import { curlOf } from './curl.ts';
import css from './explore.module.css';
import { HistoryList } from './history-list.tsx';
import { part } from '../lib/part.ts';

const PromqlEditor = part(async () => (await import('./promql-editor.tsx')).PromqlEditor);

export interface QueryBarProps {
  readonly draft: string;
  readonly onDraft: (draft: string) => void;
  readonly onRun: (expr: string) => void;
  readonly history: readonly string[];
  /** One query, or all. */
  readonly onForget: (expr?: string) => void;
  readonly range: TimeRange;
  /** As chosen; absent: automatic. */
  readonly step: string | undefined;
  readonly stepMs: number;
  readonly stepFault: string | undefined;
  readonly onStep: (step: string | undefined) => void;
  readonly view: ExploreView;
  readonly onView: (view: ExploreView) => void;
}

/** The editor and what belongs to it: run, history, copy; how to show the answer and in which steps. */
export function QueryBar(props: QueryBarProps) {
  const { t } = useTranslation();
  const { draft, onDraft, onRun, view, onView } = props;
  return (
    <section className={css.bar} aria-label={t('explore.query')}>
      <div className={css.editorRow}>
        <div className={css.editor}>
          <Suspense fallback={<div className={css.editorLoading}>{draft || t('explore.hint')}</div>}>
            <PromqlEditor
              value={draft}
              label={t('explore.query')}
              hint={t('explore.hint')}
              onChange={onDraft}
              onRun={() => onRun(draft)}
            />
          </Suspense>
        </div>
        <Button
          size="sm"
          leftSection={<IconPlayerPlay size={14} />}
          onClick={() => onRun(draft)}
          disabled={draft.trim() === ''}
        >
          {t('explore.runShort')}
        </Button>
      </div>
      <div className={css.controls}>
        <SegmentedControl
          value={view}
          aria-label={t('explore.view')}
          onChange={onView}
          data={EXPLORE_VIEWS.map((value) => ({
            value,
            label: t(value === 'explain' ? 'explore.explainView' : `explore.${value}`),
          }))}
        />
        {view === 'graph' && <StepInput {...props} />}
        <span className={css.controlsEnd}>
          <HistoryList history={props.history} onPick={onRun} onForget={props.onForget} />
          <CopyCurl {...props} />
        </span>
      </div>
    </section>
  );
}

function StepInput({ step, stepMs, stepFault, onStep }: QueryBarProps) {
  const { t } = useTranslation();
  return (
    <span className={css.step}>
      <label htmlFor="explore-step">{t('explore.step')}</label>
      <TextInput
        id="explore-step"
        w={112}
        defaultValue={step ?? ''}
        key={step}
        placeholder={t('explore.stepAuto', { step: formatStep(stepMs) })}
        error={stepFault}
        onBlur={(event) => onStep(event.currentTarget.value.trim() || undefined)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onStep(event.currentTarget.value.trim() || undefined);
        }}
      />
    </span>
  );
}

/** How long the button says that it has copied. */
const COPIED_MS = 1500;

function CopyCurl({ draft, range, stepMs }: QueryBarProps) {
  const { t } = useTranslation();
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const bounds = boundsOf(range, browserClock.nowMs());
    if (!(await copyText(curlOf(apiUrl(''), { expr: draft, ...bounds, stepMs })))) return;
    setIsCopied(true);
    browserClock.setTimer(COPIED_MS, () => setIsCopied(false));
  };
  const label = t(isCopied ? 'explore.copied' : 'explore.copyCurl');
  return (
    <IconButton
      label={label}
      size={30}
      tipSide="left"
      isDisabled={draft.trim() === ''}
      onClick={() => void copy()}
    >
      {isCopied ? <IconCheck size={16} /> : <IconTerminal size={16} />}
    </IconButton>
  );
}
