import { expect, test } from 'vitest';
import { setupKeyOf } from './setup-link.ts';

test('the key stands behind the hash', () => {
  const check = (hash: string, want: string | undefined): void => expect(setupKeyOf(hash)).toBe(want);
  check('#k=8Q2M-x_y', '8Q2M-x_y');
  check('k=a', 'a');
  check('', undefined);
  check('#k=', undefined);
  check('#/setup', undefined);
  check(`#k=${'a'.repeat(256)}`, 'a'.repeat(256));
  check(`#k=${'a'.repeat(257)}`, undefined);
});
