import type { Role } from '@vedette/api';
import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isRoleEnough } from '../account/access-change.ts';
import { useSession } from '../account/use-session.ts';
import { RequestError } from '../api/http.ts';
import { Fault } from '../design/fault.tsx';
import { Empty } from '../design/panel.tsx';
import css from './settings.module.css';

export interface SectionProps {
  readonly title: string;
  /** One or two sentences: what this is for. */
  readonly text: string;
  /** The lowest role that sees it. */
  readonly role: Role;
  /** Right of the title: the usual action. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a section. Whose role does not reach is told so in its place. */
export function Section({ title, text, role, action, children }: SectionProps) {
  const session = useSession();
  const own = session.data?.role;
  const isAllowed = isRoleEnough(own, role);
  return (
    <section aria-label={title}>
      <header className={css.head}>
        <h2 className={css.title}>{title}</h2>
        {isAllowed && action}
        <p className={css.text}>{text}</p>
      </header>
      {session.isPending && <Skeleton height={240} />}
      {session.data !== undefined && !isAllowed && <RoleTooLow role={role} own={own ?? undefined} />}
      {isAllowed && children}
    </section>
  );
}

function RoleTooLow({ role, own }: { readonly role: Role; readonly own: Role | undefined }) {
  const { t } = useTranslation();
  return (
    <div className={css.card}>
      <Empty
        title={t('administration.tooLow', { role: t(`account.role.${role}`) })}
        {...(own === undefined
          ? {}
          : { text: t('administration.tooLowText', { role: t(`account.role.${own}`) }) })}
      />
    </div>
  );
}

export interface AnswerProps<T> {
  readonly query: UseQueryResult<T>;
  /** Of what will be there, so that nothing jumps. */
  readonly height: number;
  readonly children: (data: T) => ReactNode;
}

/** What was asked for; until it is there its outline, or the fault in its place. Old data stays beside a fault. */
export function Answer<T>({ query, height, children }: AnswerProps<T>) {
  const { t } = useTranslation();
  const { data, error, refetch } = query;
  const isRefused = error instanceof RequestError && error.status === 403;
  return (
    <>
      {error !== null && (
        <Fault
          message={error.message}
          {...(isRefused ? { title: t('silences.refused') } : { onRetry: refetch })}
        />
      )}
      {data === undefined && error === null && <Skeleton height={height} />}
      {data !== undefined && children(data)}
    </>
  );
}
