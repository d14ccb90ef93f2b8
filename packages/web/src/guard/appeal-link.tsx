import type { GuardDecision } from '@vedette/api';
import { Button } from '@mantine/core';
import { IconLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { apiUrl } from '../api/http.ts';
import { makeAppealLink } from '../api/guard.ts';
import { useRole } from '../api/use-alertmanager.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { WriteFault } from '../design/write-fault.tsx';
import css from './guard.module.css';
import { useGuardChange } from './use-guard.ts';

/** Makes the link by which the subject asks for a review; for decisions in force. */
export function AppealLink({ decision: { id, state } }: { readonly decision: GuardDecision }) {
  const { t } = useTranslation();
  const role = useRole();
  const link = useGuardChange(makeAppealLink, () => undefined);
  if (state !== 'live' || role === undefined || role === 'viewer') return null;
  // Without `server.external_url` it is a path: the address of this page goes before it.
  const url = link.data?.startsWith('/') === true ? apiUrl(link.data) : link.data;
  return (
    <div className={css.appealLink}>
      <Button
        variant="default"
        leftSection={<IconLink size={14} />}
        loading={link.isPending}
        onClick={() => link.mutate(id)}
      >
        {t('guard.appealLink')}
      </Button>
      {url !== undefined && (
        <>
          <p className={css.hint}>{t('guard.appealLinkText')}</p>
          <p className={css.linkText}>
            <code>{url}</code>
            <CopyButton text={url} label={t('guard.appealLink')} />
          </p>
        </>
      )}
      {link.error !== null && <WriteFault fault={link.error} />}
    </div>
  );
}
