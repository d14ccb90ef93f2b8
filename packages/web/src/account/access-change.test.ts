import type { Role, SessionState } from '@vedette/api';
import { expect, test } from 'vitest';
import { accessChangeOf, isRoleEnough } from './access-change.ts';

const ways = { token: true, password: true, oidc: null, setup: false };
const sessionOf = (role: Role | null, isTokenRequired = true): SessionState => ({
  role,
  isTokenRequired,
  account: null,
  ways,
});

test('who was never signed in is a stranger, who was has lost access', () => {
  expect(accessChangeOf(undefined, 'admin')).toEqual({ kind: 'none' });
  expect(accessChangeOf(sessionOf(null), undefined)).toEqual({ kind: 'stranger' });
  expect(accessChangeOf(sessionOf(null), 'viewer')).toEqual({ kind: 'lost' });
  expect(accessChangeOf(sessionOf(null, false), 'viewer')).toEqual({ kind: 'none' });
});

test('a role that fell is told, one that rose or stayed is not', () => {
  expect(accessChangeOf(sessionOf('viewer'), 'operator')).toEqual({ kind: 'lowered', role: 'viewer' });
  expect(accessChangeOf(sessionOf('operator'), 'operator')).toEqual({ kind: 'none' });
  expect(accessChangeOf(sessionOf('admin'), 'viewer')).toEqual({ kind: 'none' });
  expect(accessChangeOf(sessionOf('viewer'), undefined)).toEqual({ kind: 'none' });
});

test('each role includes those before it, and nobody has none', () => {
  expect(isRoleEnough('operator', 'operator')).toBe(true);
  expect(isRoleEnough('admin', 'viewer')).toBe(true);
  expect(isRoleEnough('viewer', 'operator')).toBe(false);
  expect(isRoleEnough(null, 'viewer')).toBe(false);
  expect(isRoleEnough(undefined, 'viewer')).toBe(false);
});
