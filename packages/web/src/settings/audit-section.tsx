import type { AuditEntry } from '@vedette/api';
import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { AUDIT_PAGE, fetchAudit } from '../api/administration.ts';
import { Empty } from '../design/panel.tsx';
import { Badge } from '../design/tone-badge.tsx';
import { useNow } from '../time/use-now.ts';
import { Ago } from './moment.tsx';
import { Answer, Section } from './section.tsx';
import css from './settings.module.css';

/** A key is pressed every 200 ms or so. */
const TYPING_MS = 300;

/** Who changed what, the newest first; also what was refused. */
export function AuditSection() {
  const { t } = useTranslation();
  const { actor = '', action = '' } = useSearch({ from: '/settings/$section' });
  const navigate = useNavigate({ from: '/settings/$section' });
  const change = (name: 'actor' | 'action', value: string): void =>
    void navigate({ search: (old) => ({ ...old, [name]: value }), replace: true });
  return (
    <Section title={t('administration.section.audit')} text={t('administration.audit.text')} role="admin">
      <div className={css.tools}>
        <TextInput
          label={t('administration.audit.actor')}
          placeholder="account:ada"
          value={actor}
          data-search=""
          spellCheck={false}
          onChange={(event) => change('actor', event.currentTarget.value)}
        />
        <TextInput
          label={t('administration.audit.action')}
          placeholder="silence.create"
          value={action}
          spellCheck={false}
          onChange={(event) => change('action', event.currentTarget.value)}
        />
      </div>
      <AuditList actor={actor} action={action} onActor={(name) => change('actor', name)} />
    </Section>
  );
}

interface AuditListProps {
  readonly actor: string;
  readonly action: string;
  readonly onActor: (actor: string) => void;
}

function AuditList({ actor, action, onActor }: AuditListProps) {
  const { t } = useTranslation();
  const [wants] = useDebouncedValue({ actor: actor.trim(), action: action.trim() }, TYPING_MS);
  const pages = useInfiniteQuery({
    queryKey: ['audit', wants.actor, wants.action],
    queryFn: ({ pageParam, signal }) => fetchAudit({ ...wants, before: pageParam }, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page: readonly AuditEntry[]) =>
      page.length < AUDIT_PAGE ? undefined : page.at(-1)?.seq,
  });
  const entries = pages.data?.pages.flat() ?? [];
  const isFiltered = actor !== '' || action !== '';
  return (
    <>
      <Answer query={pages} height={360}>
        {() =>
          entries.length === 0 ? (
            <div className={css.card}>
              <Empty
                title={t(isFiltered ? 'administration.audit.noMatch' : 'administration.audit.none')}
                {...(isFiltered ? {} : { text: t('administration.audit.noneText') })}
              />
            </div>
          ) : (
            <ul className={css.rows}>
              {entries.map((entry) => (
                <Entry key={entry.seq} entry={entry} onActor={onActor} />
              ))}
            </ul>
          )
        }
      </Answer>
      {pages.hasNextPage && (
        <More isPending={pages.isFetchingNextPage} onMore={() => void pages.fetchNextPage()} />
      )}
    </>
  );
}

function Entry({
  entry,
  onActor,
}: {
  readonly entry: AuditEntry;
  readonly onActor: (actor: string) => void;
}) {
  const { t } = useTranslation();
  const nowMs = useNow(60_000);
  const { actor, action, target, status, address, detail, atMs } = entry;
  return (
    <li className={css.row}>
      <div className={css.main}>
        <span className={css.name}>
          <code>{action}</code> {target}
          {status >= 400 && <Badge tone="warning">{t('administration.audit.refused', { status })}</Badge>}
        </span>
        {detail !== '' && <span className={css.quiet}>{detail}</span>}
        <span className={css.quiet}>
          <button type="button" className={css.plain} onClick={() => onActor(actor)}>
            {actor}
          </button>{' '}
          · {address} · <Ago atMs={atMs} nowMs={nowMs} />
        </span>
      </div>
    </li>
  );
}

/** Goes on by itself when it comes into view; a button for those who do not scroll. */
function More({ isPending, onMore }: { readonly isPending: boolean; readonly onMore: () => void }) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  useEffect(() => {
    latest.current = onMore;
  }, [onMore]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new IntersectionObserver(([seen]) => {
      if (seen?.isIntersecting === true) latest.current();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={place} className={css.more}>
      <Button variant="default" loading={isPending} onClick={onMore}>
        {t('administration.audit.more')}
      </Button>
    </div>
  );
}
