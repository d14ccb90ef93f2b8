import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { isNamelessPolicy } from './decisions.ts';
import css from './guard.module.css';

/** Where a decision comes from, leading to all that came from there. */
export function PolicyName({ policy }: { readonly policy: string }) {
  const { t } = useTranslation();
  return (
    <Link to="/guard" search={{ policy, show: 'all' }} className={css.policy}>
      {isNamelessPolicy(policy) ? t(`guard.from.${policy}`) : policy}
    </Link>
  );
}
