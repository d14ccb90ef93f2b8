import type { SessionState } from '@vedette/api';
import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ToneIcon } from '../design/tone-badge.tsx';
import type { AccessChange } from './access-change.ts';
import css from './account.module.css';
import { part } from '../lib/part.ts';

const SignInDialog = part(async () => (await import('../shell/sign-in-dialog.tsx')).SignInDialog);

export interface AccessBannerProps {
  readonly change: Extract<AccessChange, { kind: 'lost' | 'lowered' }>;
  readonly ways: SessionState['ways'];
  readonly onAcknowledge: () => void;
}

/** Says above the page that access is gone or less, and offers the way back. */
export function AccessBanner({ change, ways, onAcknowledge }: AccessBannerProps) {
  const { t } = useTranslation();
  const [isSigningIn, setIsSigningIn] = useState(false);
  return (
    <div className={css.lost} role="alert">
      <ToneIcon tone="warning" size={18} />
      <span>
        {change.kind === 'lost'
          ? t('signIn.lost')
          : t('signIn.lowered', { role: t(`account.role.${change.role}`) })}
      </span>
      <Button onClick={() => setIsSigningIn(true)}>
        {t(change.kind === 'lost' ? 'signIn.submit' : 'signIn.asAnother')}
      </Button>
      {change.kind === 'lowered' && (
        <Button variant="default" onClick={onAcknowledge}>
          {t('signIn.understood')}
        </Button>
      )}
      {isSigningIn && (
        <Suspense>
          <SignInDialog ways={ways} onClose={() => setIsSigningIn(false)} />
        </Suspense>
      )}
    </div>
  );
}
