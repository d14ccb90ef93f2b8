import { Button, PasswordInput, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { NewPasswordField } from '../account/new-password-field.tsx';
import { isTakenPassword, judgePassword } from '../account/password-judgement.ts';
import { useSession } from '../account/use-session.ts';
import { changePassword } from '../api/administration.ts';
import { formatMoment } from '../chart/time-axis.ts';
import { useTries } from '../design/use-tries.ts';
import { changeLanguage, LANGUAGES, type Language } from '../i18n/i18n.ts';
import { chooseDensity, chosenDensity, DENSITIES } from '../lib/density.ts';
import { PushSettings } from '../pwa/push-settings.tsx';
import { useNow } from '../time/use-now.ts';
import { BROWSER_ZONE, storedZone, storeZone } from '../time/zone.ts';
import { AskDialog } from '../design/ask-dialog.tsx';
import css from './settings.module.css';

const SCHEMES = ['auto', 'light', 'dark'] as const;

/** How pages look here. Kept in this browser, for nobody else. */
export function DeviceSection() {
  const { t } = useTranslation();
  return (
    <section aria-label={t('administration.section.device')}>
      <header className={css.head}>
        <h2 className={css.title}>{t('administration.section.device')}</h2>
        <p className={css.text}>{t('administration.device.text')}</p>
      </header>
      <div className={css.card}>
        <Colours />
        <Languages />
        <Density />
        <Zone />
      </div>
      <OwnAccount />
      <PushSettings />
    </section>
  );
}

function Field({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={css.field}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

function Colours() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Field title={t('settings.colours')}>
      <SegmentedControl
        aria-label={t('settings.colours')}
        value={colorScheme}
        data={SCHEMES.map((value) => ({ value, label: t(`settings.${value}`) }))}
        onChange={(value) => setColorScheme(SCHEMES.find((known) => known === value) ?? 'auto')}
      />
    </Field>
  );
}

function Languages() {
  const { t, i18n } = useTranslation();
  const known = Object.keys(LANGUAGES) as Language[];
  return (
    <Field title={t('settings.language')}>
      <SegmentedControl
        aria-label={t('settings.language')}
        value={i18n.language}
        data={known.map((value) => ({ value, label: LANGUAGES[value] }))}
        onChange={(value) => void changeLanguage(i18n, known.find((language) => language === value) ?? 'en')}
      />
    </Field>
  );
}

function Density() {
  const { t } = useTranslation();
  const [density, setDensity] = useState(chosenDensity);
  return (
    <Field title={t('administration.device.density')}>
      <SegmentedControl
        aria-label={t('administration.device.density')}
        value={density}
        data={DENSITIES.map((value) => ({ value, label: t(`administration.device.${value}`) }))}
        onChange={(value) => {
          const chosen = DENSITIES.find((known) => known === value) ?? 'comfortable';
          chooseDensity(chosen);
          setDensity(chosen);
        }}
      />
    </Field>
  );
}

/** Any other zone is chosen beside the time range. */
const ZONES: readonly string[] = [BROWSER_ZONE, 'utc'];

function Zone() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const zone = useSearch({ strict: false }).tz ?? storedZone();
  const known = ZONES.includes(zone) ? ZONES : [...ZONES, zone];
  const nowMs = useNow(1000);
  const labelOf = (value: string): string => {
    if (value === BROWSER_ZONE) return t('administration.device.local');
    return value === 'utc' ? t('administration.device.utc') : value;
  };
  return (
    <Field title={t('administration.device.zone')}>
      <SegmentedControl
        aria-label={t('administration.device.zone')}
        value={zone}
        data={known.map((value) => ({ value, label: labelOf(value) }))}
        onChange={(tz) => {
          storeZone(tz);
          // The address says it to the pages, which write their times anew.
          void navigate({ to: '.', search: (search) => ({ ...search, tz }) });
        }}
      />
      <p className={css.quiet}>
        {t('administration.device.now', { moment: formatMoment(nowMs, i18n.language) })}
      </p>
    </Field>
  );
}

/** Only for those who sign in with a name. */
function OwnAccount() {
  const { t } = useTranslation();
  const account = useSession().data?.account ?? null;
  const [isChanging, setIsChanging] = useState(false);
  if (account === null) return null;
  return (
    <div className={css.card}>
      <h3 className={css.subhead}>
        <span>{t('administration.device.account', { name: account })}</span>
        <Button variant="default" onClick={() => setIsChanging(true)}>
          {t('administration.accounts.do.password')}
        </Button>
      </h3>
      <p className={css.quiet}>{t('administration.device.accountText')}</p>
      {isChanging && <OwnPasswordDialog name={account} onClose={() => setIsChanging(false)} />}
    </div>
  );
}

function OwnPasswordDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { form, isTried, tryAgain } = useTries();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const changing = useMutation({ mutationFn: changePassword, onSuccess: onClose });
  const submit = (): void => {
    tryAgain();
    if (current !== '' && isTakenPassword(judgePassword(next, name))) changing.mutate({ current, next });
  };
  return (
    <AskDialog
      title={t('administration.accounts.passwordOf', { name })}
      verb={t('administration.accounts.do.password')}
      isPending={changing.isPending}
      fault={changing.error}
      form={form}
      onSubmit={submit}
      onClose={onClose}
    >
      <PasswordInput
        label={t('administration.device.current')}
        value={current}
        autoComplete="current-password"
        data-autofocus
        error={isTried && current === ''}
        visibilityToggleButtonProps={{ 'aria-label': t('setup.showPassword') }}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      <NewPasswordField
        label={t('setup.choosePassword')}
        value={next}
        name={name}
        isTried={isTried}
        onChange={setNext}
      />
    </AskDialog>
  );
}
