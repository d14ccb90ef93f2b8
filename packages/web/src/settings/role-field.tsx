import { ROLES } from './roles.ts';
import type { Role } from '@vedette/api';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import css from './settings.module.css';

/** A role, with what it may do. */
export function RoleField({
  value,
  onChange,
}: {
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}) {
  const { t } = useTranslation();
  const name = useId();
  return (
    <fieldset>
      <legend>{t('administration.roleLabel')}</legend>
      {ROLES.map((role) => (
        <label key={role} className={css.choice}>
          <input type="radio" name={name} checked={value === role} onChange={() => onChange(role)} />
          {t(`account.role.${role}`)}
          <span className={css.quiet}>{t(`administration.roleMay.${role}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}
