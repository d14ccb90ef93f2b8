import type { ErrorComponentProps } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchJson } from '../api/http.ts';
import { Fault } from '../design/fault.tsx';
import { PageLoadError } from '../i18n/i18n.ts';
import { useLiveHealth } from '../live/use-live.ts';
import { Page } from './page.tsx';

/**
 * Stands where a page threw while it was drawn, or its code could not be fetched; navigation and live state stay. The
 * page is loaded anew only when the server answers: else the browser would put its own "no connection" over everything.
 */
export function PageFault({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  const isAnswered = useLiveHealth().kind === 'live';
  const wasAway = useRef(!isAnswered);
  useEffect(() => {
    // Its code could not be fetched while the server was away, and now it is back.
    if (isAnswered && wasAway.current && error instanceof PageLoadError) location.reload();
  }, [isAnswered, error]);
  const retry = async (): Promise<void> => {
    await fetchJson('/api/status');
    location.reload();
  };
  return (
    <Page title={t('fault.page')}>
      <Fault message={error instanceof Error ? error.message : String(error)} onRetry={retry} />
    </Page>
  );
}
