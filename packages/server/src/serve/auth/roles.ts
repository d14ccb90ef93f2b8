import { ROLES, type Role } from '@vedette/api';

/** Whether a role is at least another. */
export function hasRole(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
