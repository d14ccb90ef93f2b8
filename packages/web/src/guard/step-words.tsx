import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WatchedPolicy } from '../api/guard.ts';
import { formatStep } from '../format/relative-time.ts';

export interface StepWordsProps {
  readonly step: WatchedPolicy['steps'][number];
  readonly children: (what: string, span: string) => ReactNode;
}

/** What follows a step: `Refused · temporary`, and for how long. */
export function StepWords({ step: { decide, grade, forMs }, children }: StepWordsProps) {
  const { t } = useTranslation();
  const what =
    decide === 'warn' ? t('guard.decideWarn') : `${t(`guard.kind.${decide}`)} · ${t(`guard.grade.${grade}`)}`;
  return <>{children(what, formatStep(forMs))}</>;
}
