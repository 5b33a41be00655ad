import { posix } from 'node:path';
import type { Destination } from '../config/load.ts';
import { indexPath, overlayDirectory, overlayPath } from '../manifests/layout.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import type { PlacedDso } from '../reconcile/place.ts';

/** The lines that wire one member, for every tool that renders it. */
export interface Wiring {
  readonly member: string;
  readonly text: string;
}

/** Where an application usually is: two directories deep, for instance clusters/member-1. */
const DEPTH = '../..';

/** How members of a DSO are wired, with the exact paths. */
export function wiringOf({ dso, members }: Pick<PlacedDso, 'dso' | 'members'>): readonly Wiring[] {
  return members.map(({ name, destination }) => {
    const overlay = { member: name, namespace: dso.namespace, name: dso.name };
    return {
      member: name,
      text:
        destination.layout === 'helm-values' ? helmLines(destination, overlay) : componentLines(destination, overlay),
    };
  });
}

/** The same of members whose first overlays were committed, as text; empty when none is new. */
export function wiringNotes({ outcomes, destinations }: TickResult): string {
  const pushed = destinations.flatMap(({ commit, destination }) => (commit ? [destination.id] : []));
  const fresh = outcomes.flatMap(({ placed, decided, routing }) => {
    if (!placed || !decided) return [];
    const went = pushed.filter((id) => !routing.heldBack.has(id));
    const added = new Set(went.flatMap((id) => decided.changes.get(id)?.added ?? []));
    const members = placed.members.filter(({ name }) => added.has(name));
    return members.length > 0 ? [{ dso: placed.dso, members }] : [];
  });
  // DSOs of a namespace share its index.
  const keysByLines = new Map<string, string[]>();
  for (const placed of fresh) {
    const lines = wiringOf(placed).map(({ text }) => text);
    const keys = keysByLines.get(lines.join('\n'));
    if (keys) keys.push(placed.dso.key);
    else keysByLines.set(lines.join('\n'), [placed.dso.key]);
  }
  return [...keysByLines].map(([lines, keys]) => `\nWire ${namesOf(keys)} once in each member:\n\n${lines}`).join('');
}

function namesOf([first = '', ...others]: readonly string[]): string {
  if (others.length <= 1) return [first, ...others].join(' and ');
  return `${first} and ${others.length} more`;
}

function componentLines(
  destination: Destination,
  overlay: { member: string; namespace: string; name: string },
): string {
  const index = indexPath(destination, overlay.member, overlay.namespace);
  const directory = index === null ? overlayDirectory(destination, overlay) : posix.dirname(index);
  const component = `${DEPTH}/${directory}`;
  return [
    `# ${overlay.member}: in its kustomization.yaml, seen from a directory such as clusters/${overlay.member}`,
    'components:',
    `  - ${component}`,
    '# or, without touching it, in the Flux Kustomization:   spec.components:',
    `#   - ${component}`,
    '# or in the Argo CD Application:                         spec.source.kustomize.components:',
    `#   - ${component}`,
    '#   with metadata.annotations:',
    `#     argocd.argoproj.io/manifest-generate-paths: .;/${posix.join(destination.root, staticPart(destination.path, overlay.member))}`,
    '',
  ].join('\n');
}

function helmLines(destination: Destination, overlay: { member: string; namespace: string; name: string }): string {
  const path = overlayPath(destination, overlay);
  return [
    `# ${overlay.member}: in the Argo CD Application, last in spec.source.helm.valueFiles`,
    'valueFiles:',
    `  - ${DEPTH}/${path}`,
    `# or on the command line:   helm upgrade ... -f ${path}`,
    '',
  ].join('\n');
}

/** The part of the overlays' path that is the same for everything of a member. */
function staticPart(path: string, member: string): string {
  const segments = path.split('/');
  const end = segments.findIndex((segment) => /\{(namespace|name)\}/.test(segment));
  return segments
    .slice(0, end < 0 ? segments.length : end)
    .join('/')
    .replaceAll('{member}', member);
}
