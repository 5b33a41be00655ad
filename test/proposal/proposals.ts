import type { Proposal, ProposalEntry, ProposedMember } from '../../src/proposal/proposal.ts';

export const NOW = Date.parse('2026-01-31T08:00:00Z');

/** A member that goes from 2 to 5. */
export function member(name: string, change: Partial<ProposedMember> = {}): ProposedMember {
  return { name, before: 2, after: 5, sharePercent: 50, bound: null, ...change };
}

/** A workload on two members. */
export function entry(change: Partial<ProposalEntry> = {}): ProposalEntry {
  return {
    key: 'shop/web',
    reason: 'load 45 / 5 per replica = 9 replicas',
    total: { before: 4, after: 10 },
    members: [member('member-1'), member('member-2')],
    record: 'apiVersion: dso-gitops.dev/v1alpha1\nkind: Decision\n',
    previous: 'a'.repeat(40),
    rule: null,
    ...change,
  };
}

/** A proposal for an hour. */
export function proposal(change: Partial<Proposal> = {}): Proposal {
  return {
    base: 'main',
    group: 'shop',
    entries: [entry()],
    commit: 'c'.repeat(40),
    builtAt: NOW - 60_000,
    ground: '',
    validUntil: NOW + 3_600_000,
    renderedAt: NOW,
    writtenBy: 'dso-gitops 1.2.3 of default',
    ...change,
  };
}
