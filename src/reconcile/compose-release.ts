import type { ScaleTarget } from '../api/target.ts';
import type { Destination } from '../config/load.ts';
import type { ChangeSet } from '../manifests/change-set.ts';
import { cleanText } from '../manifests/clean-text.ts';
import { commitMessage } from '../manifests/commit-message.ts';
import { holdPath, parseHold, renderHold } from '../manifests/hold.ts';
import {
  indexPath,
  type LayoutSettings,
  layoutOf,
  parseIndex,
  recordPath,
  renderIndex,
  renderOverlay,
} from '../manifests/layout.ts';
import { FILE_MODE } from '../manifests/not-ours.ts';
import type { DecisionRecord } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import type { Composition } from './compose.ts';
import type { ReleasedMember, ReleaseRequest } from './release.ts';
import type { Repository } from './repository.ts';

/** What one destination has of the DSO. */
export interface Found {
  readonly destination: Destination;
  /** null: nothing of it is left that sets a count. */
  readonly target: ScaleTarget | null;
  readonly members: readonly ReleasedMember[];
}

/** What is written there. */
export async function filesOf(
  { destination, target, members }: Found,
  repository: Repository,
  { namespace, name, isDeleted, word, now, marked }: ReleaseRequest,
  templates: Templates,
): Promise<ChangeSet> {
  const files = new Map<string, string | null>();
  if (target) files.set(recordPath(destination.root, namespace, name), null);
  for (const { path, name: member } of members) {
    const place = { member, namespace, name, targetNamespace: namespace, baseNamespaces: [], replicasPath: '' };
    const settings = settingsAt(destination, path);
    const empty = target && renderOverlay(templates, settings, { ...place, target, replicas: null });
    files.set(path, isDeleted ? null : empty);
  }
  if (isDeleted)
    for (const [path, text] of await shorterIndexes(destination, repository, members, { namespace, name }, templates))
      files.set(path, text);
  const marker = holdPath(destination.root, namespace, name);
  // Where its files are removed later than it was released, who did that, and why, stands there.
  if (marked === destination.id && (target || !(await isMarked(repository, marker)))) {
    const by = cleanText(word.by, 80);
    const reason = cleanText(`released: ${word.reason}`);
    const hold = { metadata: { namespace, name }, isHeld: true, by, reason, time: new Date(now).toISOString() };
    files.set(marker, renderHold({ apiVersion: 'dso-gitops.dev/v1alpha1', kind: 'Hold', ...hold }));
  }
  return files;
}

/** What the commit says: once, whatever is released below how many roots. */
export function commitOf(
  { namespace, name, word }: ReleaseRequest,
  members: readonly ReleasedMember[],
  templates: Templates,
): Omit<Composition, 'files'> {
  const counts = members.map((member) => `${member.name} ${member.count ?? '-'}`).join(', ');
  const said = { verb: 'release', reason: `${word.by}: ${word.reason}; until now ${counts}` } as const;
  const key = `${namespace}/${name}`;
  const entry = { key, record: null, members: members.map((member) => member.name), word: said };
  return { message: commitMessage(templates, [entry]), entries: [entry], decisions: new Map([[key, null]]) };
}

async function isMarked(repository: Repository, marker: string): Promise<boolean> {
  const text = (await read(repository, [marker])).get(marker);
  return text !== undefined && parseHold(text).isHeld;
}

/** Indexes without the name; one that is not ours is left as it is. */
async function shorterIndexes(
  destination: Destination,
  repository: Repository,
  members: readonly ReleasedMember[],
  { namespace, name }: DecisionRecord['metadata'],
  templates: Templates,
): Promise<ReadonlyMap<string, string>> {
  const paths = members.flatMap((member) => indexPath(destination, member.name, namespace) ?? []);
  const shorter = new Map<string, string>();
  for (const [path, text] of await read(repository, [...new Set(paths)])) {
    const names = parseIndex(text);
    if (names?.includes(name))
      shorter.set(
        path,
        renderIndex(
          templates,
          names.filter((one) => one !== name),
        ),
      );
  }
  return shorter;
}

/** Texts of the plain files among the paths. */
export async function read(repository: Repository, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const entries = await repository.entries(paths);
  const files = [...entries].flatMap(([path, entry]) => (entry?.mode === FILE_MODE ? [{ path, id: entry.id }] : []));
  const texts = await repository.contents(files.map(({ id }) => id));
  return new Map(files.map(({ path, id }) => [path, texts.get(id) ?? '']));
}

/** How an overlay at a path is laid out, whatever the configuration says now. */
export function settingsAt(destination: Destination, path: string): LayoutSettings {
  return { ...destination, layout: layoutOf(path) ?? destination.layout };
}
