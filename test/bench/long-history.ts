import { blobId } from '../../src/manifests/blob.ts';
import { parseRecord, renderRecord } from '../../src/manifests/record.ts';
import { type Fixture, makeFixture } from './fixture.ts';
import { textsOf } from './floor.ts';
import { run } from './run-git.ts';

/** A repository with a long past of ours. */
export interface LongHistory {
  readonly fixture: Fixture;
  readonly commits: number;
  /** `namespace/name` of one of its DSOs. */
  readonly key: string;
  readonly record: string;
  /** Decisions about it. */
  readonly decisions: number;
}

const SIZE = { members: 2, namespaces: 10, dsosPerNamespace: 100 };
const DECISIONS = 100;
const SECOND_MS = 1000;

/** 100,000 commits about 1,000 DSOs, each with a record and two overlays as the product renders them, in one import. */
export async function makeLongHistory(directory: string): Promise<LongHistory> {
  const fixture = await makeFixture(directory, SIZE);
  await run(fixture.repository, ['fast-import', '--quiet', '--force', '--done'], await stream(fixture));
  const dsos = SIZE.namespaces * SIZE.dsosPerNamespace;
  return {
    fixture,
    commits: dsos * (DECISIONS - 1) + 1,
    key: 'team-7/web-42',
    record: 'scaling/decisions/team-7/web-42.yaml',
    decisions: DECISIONS,
  };
}

async function stream(fixture: Fixture): Promise<Iterable<string>> {
  const record = 'scaling/decisions/team-0/web-0.yaml';
  const overlay = 'scaling/members/member-1/team-0/web-0/kustomization.yaml';
  const texts = await textsOf(fixture, [record, overlay]);
  return commits(texts.get(record) ?? '', texts.get(overlay) ?? '');
}

function* commits(recordText: string, overlayText: string): Generator<string> {
  const template = parseRecord(recordText);
  if (!template) throw new Error('the record of the fixture cannot be read');
  const start = Date.parse(template.time);
  const previous = new Map<string, string>();
  let count = 0;
  for (let seq = 2; seq <= DECISIONS; seq += 1) {
    for (let dso = 0; dso < SIZE.namespaces * SIZE.dsosPerNamespace; dso += 1) {
      count += 1;
      const metadata = { namespace: `team-${dso % SIZE.namespaces}`, name: `web-${Math.floor(dso / SIZE.namespaces)}` };
      const key = `${metadata.namespace}/${metadata.name}`;
      const time = start + count * SECOND_MS;
      const total = { before: 100 + ((seq - 1) % 7) * 60, after: 100 + (seq % 7) * 60 };
      const half = (sum: number): number => sum / 2;
      const members = Object.fromEntries(
        Object.entries(template.members).map(([name, member]) => {
          return [name, { ...member, before: half(total.before), after: half(total.after), exact: half(total.after) }];
        }),
      );
      const text = renderRecord({
        ...template,
        metadata,
        seq,
        previous: previous.get(key) ?? null,
        time: new Date(time).toISOString(),
        reason: `load ${total.after} / 1 per replica = ${total.after} replicas`,
        total,
        members,
      });
      previous.set(key, blobId(text));
      const who = `dso-gitops <dso-gitops@localhost> ${Math.floor(time / SECOND_MS)} +0000`;
      yield `commit refs/heads/main\nauthor ${who}\ncommitter ${who}\n${data(`scale ${key} ${total.before} -> ${total.after}\n`)}`;
      if (count === 1) yield 'from refs/heads/main^0\n';
      yield `M 100644 inline scaling/decisions/${key}.yaml\n${data(text)}`;
      for (let member = 1; member <= SIZE.members; member += 1) {
        const path = `scaling/members/member-${member}/${key}/kustomization.yaml`;
        yield `M 100644 inline ${path}\n${data(`${overlayText}# ${half(total.after)}\n`)}`;
      }
      yield '\n';
    }
  }
  yield 'done\n';
}

/** All of it is ASCII: a character is a byte. */
function data(text: string): string {
  return `data ${text.length}\n${text}\n`;
}
