import type { WatchedPolicy, WatchedSubject } from '../api/guard.ts';
import { useTranslation } from 'react-i18next';
import { Panel } from '../design/panel.tsx';
import { formatStep } from '../format/relative-time.ts';
import { formatValue } from '../format/unit.ts';
import { DidMost } from './did-most.tsx';
import css from './guard.module.css';
import { containsNet, parseIpNet } from './ip-net.ts';
import { PolicyName } from './policy-name.tsx';
import { useDecisions, useSubjects } from './use-guard.ts';
import type { BanDraft } from './ban-draft.ts';

/** What a ban of one subject would touch: what it does right now, and whether a decision hits it already. */
export function SubjectReach({ scope, subject }: Pick<BanDraft, 'scope' | 'subject'>) {
  const { t } = useTranslation();
  const wanted = subject.trim();
  const isEnabled = wanted !== '';
  const watch = useSubjects(isEnabled).data;
  const decided = useDecisions({ isLive: true, policy: undefined, isSearched: true, isEnabled }).data ?? [];
  if (!isEnabled || watch === undefined) return null;
  const seen = watch.subjects.filter((one) => one.scope === scope && isSame(scope, one.subject, wanted));
  const hits = decided.filter((one) => isHitBy(one, scope, wanted)).length;
  return (
    <Panel title={t('guard.reach.now')}>
      {seen.length === 0 && <p className={css.words}>{t('guard.reach.unseen')}</p>}
      {seen.map((one) => (
        <Doing
          key={one.policy}
          watched={one}
          policy={watch.policies.find(({ name }) => name === one.policy)}
        />
      ))}
      {hits > 0 && <p className={css.words}>{t('guard.reach.hit', { count: hits })}</p>}
    </Panel>
  );
}

function Doing({
  watched,
  policy,
}: {
  readonly watched: WatchedSubject;
  readonly policy: WatchedPolicy | undefined;
}) {
  const { t } = useTranslation();
  if (policy === undefined) return null;
  return (
    <div className={css.words}>
      {t('guard.reach.counted', {
        actions: formatValue(watched.actionCount, 'none'),
        window: formatStep(policy.windowMs),
      })}{' '}
      <PolicyName policy={watched.policy} />
      <DidMost actions={watched.topActions.slice(0, 3)} label={t('guard.topActions')} />
    </div>
  );
}

/** An address has several ways to be written. */
export function isSame(scope: string, known: string, wanted: string): boolean {
  const [a, b] = scope === 'ip' ? [parseIpNet(known), parseIpNet(wanted)] : [];
  return a !== undefined && b !== undefined ? containsNet(a, b) && containsNet(b, a) : known === wanted;
}

/** Whether a decision hits a subject: its own, or for an address one about a network around it. */
export function isHitBy(
  decision: { readonly scope: string; readonly subject: string },
  scope: string,
  wanted: string,
): boolean {
  if (scope !== 'ip' || decision.scope !== 'range')
    return decision.scope === scope && isSame(scope, decision.subject, wanted);
  const [net, address] = [parseIpNet(decision.subject), parseIpNet(wanted)];
  return net !== undefined && address !== undefined && containsNet(net, address);
}
