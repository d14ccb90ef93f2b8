import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { RequestError } from '../api/http.ts';
import { testPushDevice } from '../api/push.ts';
import { Fault } from '../design/fault.tsx';
import { Panel } from '../design/panel.tsx';
import { canInstall, install, isInstalled, onInstallChange } from './install.ts';
import { guessDeviceName, readPushState, turnPushOff, turnPushOn, type PushState } from './push-device.ts';
import css from './pwa.module.css';

/** What this device does by itself: notifications, and being an app. For the page of settings. */
export function PushSettings() {
  return (
    <div className={css.settings}>
      <NotificationPanel />
      <InstallPanel />
    </div>
  );
}

function NotificationPanel() {
  const { t } = useTranslation();
  const { data: state } = useQuery({ queryKey: ['push-state'], queryFn: readPushState });
  if (state === undefined) return null;
  return (
    <Panel title={t('push.title')} aside={t(state.kind === 'on' ? 'push.isOn' : 'push.isOff')}>
      <p className={css.said}>{t('push.text')}</p>
      {state.kind === 'on' || state.kind === 'off' ? (
        <Switch state={state} />
      ) : (
        <p className={css.said}>{t(`push.${state.kind}`)}</p>
      )}
    </Panel>
  );
}

function Switch({ state }: { readonly state: PushState & { readonly kind: 'on' | 'off' } }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [device, setDevice] = useState(() => guessDeviceName(navigator.userAgent));
  const change = useMutation({
    mutationFn: () =>
      state.kind === 'on' ? turnPushOff(state.endpoint) : turnPushOn(device.trim(), i18n.language),
    onSuccess: (next) => queries.setQueryData(['push-state'], next),
  });
  const test = useMutation({ mutationFn: testPushDevice });
  const fault = change.error ?? test.error;
  return (
    <>
      <div className={css.row}>
        {state.kind === 'off' && (
          <TextInput
            className={css.field ?? ''}
            label={t('push.device')}
            value={device}
            maxLength={100}
            onChange={(event) => setDevice(event.currentTarget.value)}
          />
        )}
        <Button
          variant={state.kind === 'on' ? 'default' : 'filled'}
          loading={change.isPending}
          disabled={device.trim() === ''}
          onClick={() => change.mutate()}
        >
          {t(state.kind === 'on' ? 'push.disable' : 'push.enable')}
        </Button>
        {state.kind === 'on' && (
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate(state.endpoint)}>
            {t('push.test')}
          </Button>
        )}
      </div>
      <p className={css.said} role="status">
        {test.isSuccess && t('push.tested')}
      </p>
      {fault !== null && <Fault message={isAbsent(fault) ? t('push.unavailable') : fault.message} />}
    </>
  );
}

/** A server without the routes: `vedette alertmanager`, or one of another version. */
function isAbsent(fault: Error): boolean {
  return fault instanceof RequestError && fault.status === 404;
}

function InstallPanel() {
  const { t } = useTranslation();
  const isOffered = useSyncExternalStore(onInstallChange, canInstall);
  const isDone = isInstalled();
  return (
    <Panel title={t('push.install')}>
      <p className={css.said}>{t('push.installText')}</p>
      {isDone && <p className={css.said}>{t('push.installed')}</p>}
      {!isDone && !isOffered && <p className={css.said}>{t('push.installHint')}</p>}
      {isOffered && (
        <div className={css.row}>
          <Button onClick={() => void install()}>{t('push.install')}</Button>
        </div>
      )}
    </Panel>
  );
}
