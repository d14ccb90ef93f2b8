import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../shell/page.tsx';
import { BackToSilences } from './back-to-silences.tsx';
import { rememberedAuthor } from './remembered-author.ts';
import { newDraft } from './silence-draft.ts';
import { SilenceForm } from './silence-form.tsx';

/** A new silence, filled in by the link that led here. */
export function NewSilencePage() {
  const { t } = useTranslation();
  const { filter = '', comment = '' } = useSearch({ from: '/alerts/silences/new' });
  const navigate = useNavigate();
  return (
    <Page title={t('silences.new')}>
      <BackToSilences />
      <SilenceForm
        // Another link is another form.
        key={`${filter}\n${comment}`}
        initial={newDraft({ filter, comment, author: rememberedAuthor(localStorage) })}
        onSaved={(id) => void navigate({ to: '/alerts/silences/$id', params: { id }, replace: true })}
        onCancel={() => void navigate({ to: '/alerts', search: { view: 'silences' } })}
      />
    </Page>
  );
}
