import { useTranslation } from 'react-i18next';
import { RequestError } from '../api/http.ts';
import { Fault } from './fault.tsx';

/** Why a change was not made; who may make it, where the server does not let this reader. */
export function WriteFault({ fault }: { readonly fault: Error }) {
  const { t } = useTranslation();
  const isRefused = fault instanceof RequestError && (fault.status === 401 || fault.status === 403);
  return <Fault message={fault.message} {...(isRefused ? { title: t('silences.refused') } : {})} />;
}
