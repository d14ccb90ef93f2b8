import { useLocation } from '@tanstack/react-router';
import { Suspense } from 'react';
import type { Access } from '../account/use-access.ts';
import { useSession } from '../account/use-session.ts';
import { part } from '../lib/part.ts';

const SignInDialog = part(async () => (await import('./sign-in-dialog.tsx')).SignInDialog);

const AccessBanner = part(async () => (await import('../account/access-banner.tsx')).AccessBanner);

/**
 * Asks who one is; the dialog comes only when the server wants to know. On localhost it does not. Whoever
 * loses access on an open page is told above it.
 */
export function SignIn({ access }: { readonly access: Access }) {
  const { acknowledge, ...change } = access;
  const ways = useSession().data?.ways;
  const { pathname } = useLocation();
  // The one-time link brings its own key.
  if (ways === undefined || pathname.endsWith('/setup')) return null;
  if (change.kind === 'none') return null;
  return (
    <Suspense>
      {change.kind === 'stranger' ? (
        <SignInDialog ways={ways} />
      ) : (
        <AccessBanner change={change} ways={ways} onAcknowledge={acknowledge} />
      )}
    </Suspense>
  );
}
