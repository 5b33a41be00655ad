import { expect, it } from 'vitest';
import { ProductError } from '../../src/errors.ts';
import { isRefused } from '../../src/repository/remote.ts';

const REF = 'refs/dso-gitops/fence/1';

function said(text: string): ProductError {
  return new ProductError('act', 'PushRefused', `! 1234567:${REF}\t[remote rejected] (${text})`);
}

it.each(['deny updating a hidden ref', 'funny refname', 'hook declined'])(
  'a host that says %s takes no such ref',
  (text) => {
    expect(isRefused(said(text), REF)).toBe(true);
  },
);

it.each([
  'incorrect old value provided',
  'reference already exists',
  'failed to update ref',
  'failed to lock',
  'cannot lock ref',
  'atomic push failure',
])('a host that says %s takes it from who is faster', (text) => {
  expect(isRefused(said(text), REF)).toBe(false);
});
