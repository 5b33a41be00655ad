import { expect, it } from 'vitest';
import { keepMembers } from '../../src/sources/registered-members.ts';

function secretOf(...managedFields: readonly object[]): object {
  return { metadata: { name: 'kubeconfigs', managedFields } };
}

it('takes members from the names of the fields alone', () => {
  const fieldsV1 = {
    'f:data': { '.': {}, 'f:member-2-cluster.kubeconfig': {}, 'f:member-1-cluster.kubeconfig': {}, 'f:other': {} },
  };
  const names = ['member-1', 'member-2'];
  expect(keepMembers(secretOf({ fieldsV1 }, { fieldsV1: {} }, {}))).toEqual(['kubeconfigs', { names }]);
  expect(keepMembers(secretOf({ fieldsV1: { 'f:data': { '.': {} } } }))).toEqual(['kubeconfigs', { names: [] }]);
  expect(keepMembers({})).toBeNull();
});

it('cannot tell them where nobody is said to manage data', () => {
  const untold = ['kubeconfigs', { names: null }];
  expect(keepMembers({ metadata: { name: 'kubeconfigs' } })).toEqual(untold);
  expect(keepMembers(secretOf())).toEqual(untold);
  expect(keepMembers(secretOf({ fieldsV1: { 'f:metadata': {} } }))).toEqual(untold);
});
