import { useTranslation } from 'react-i18next';
import { Panel } from '../design/panel.tsx';
import { formatValue } from '../format/unit.ts';
import css from './guard.module.css';
import { containsNet, parseIpNet, sizeOf } from './ip-net.ts';
import { StrangeText } from '../design/strange-text.tsx';
import { useDecisions, useSubjects } from './use-guard.ts';

/** A glance; who bans a network knows that it is many. */
const SHOWN_MAX = 12;

/** Who else a ban of a network would hit, of those that the guard knows by address; typed as one types. */
export function BanReach({ text }: { readonly text: string }) {
  const { t } = useTranslation();
  const net = parseIpNet(text);
  const watched = useSubjects(net !== undefined).data?.subjects ?? [];
  const decided =
    useDecisions({ isLive: true, policy: undefined, isSearched: true, isEnabled: net !== undefined }).data ??
    [];
  if (net === undefined) return null;
  const addresses = [...watched, ...decided].flatMap(({ scope, subject }) => {
    const inner = scope === 'ip' || scope === 'range' ? parseIpNet(subject) : undefined;
    return inner !== undefined && containsNet(net, inner) ? [subject] : [];
  });
  const hit = [...new Set(addresses)];
  return (
    <Panel title={t('guard.reach.title')} aside={hit.length > 0 ? String(hit.length) : undefined}>
      <p className={css.words}>{t('guard.reach.size', { size: formatValue(sizeOf(net)) })}</p>
      <p className={css.words}>{t(hit.length === 0 ? 'guard.reach.none' : 'guard.reach.known')}</p>
      <ul className={css.reached}>
        {hit.slice(0, SHOWN_MAX).map((subject) => (
          <li key={subject}>
            <StrangeText text={subject} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
