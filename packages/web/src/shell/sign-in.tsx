import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { fetchSession } from '../api/vedette.ts';

const SignInDialog = lazy(() =>
  import('./sign-in-dialog.tsx').then(({ SignInDialog: component }) => ({ default: component })),
);

/** Asks who one is; the dialog comes only when the server wants a token. On localhost it does not. */
export function SignIn() {
  const session = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: 60_000,
  });
  if (session.data?.isTokenRequired !== true || session.data.role !== null) return null;
  return (
    <Suspense>
      <SignInDialog />
    </Suspense>
  );
}
