import type { Entry } from './bare-repository.ts';

const DIRECTORY = 'scaling/members/one/default/web';

/** An overlay of ours. */
export const FILE = `${DIRECTORY}/kustomization.yaml`;

/** Something of somebody else where a file or a directory of ours belongs. */
export interface InTheWay {
  readonly what: string;
  readonly files: Readonly<Record<string, Entry>>;
  /** It stands above everything of ours on a member, or altogether. */
  readonly isAbove?: true;
}

export const IN_THE_WAY: readonly InTheWay[] = [
  { what: 'our file is a symlink', files: { [FILE]: { link: '../../../../../base/app.yaml' } } },
  { what: 'our file is a symlink to nothing', files: { [FILE]: { link: '/nowhere' } } },
  { what: 'our file is a directory', files: { [`${FILE}/inner`]: 'theirs\n' } },
  { what: 'our file is a submodule', files: { [FILE]: { submodule: 'a'.repeat(40) } } },
  { what: 'our file is executable', files: { [FILE]: { executable: 'theirs\n' } } },
  { what: 'a parent is a file', files: { [DIRECTORY]: 'theirs\n' } },
  { what: 'a parent is a symlink', files: { 'scaling/members/one': { link: '../../base' } } },
  { what: 'the root is a symlink', files: { scaling: { link: 'base' } }, isAbove: true },
  { what: 'the root is a symlink out of the repository', files: { scaling: { link: '/etc' } }, isAbove: true },
  { what: 'the root is a submodule', files: { scaling: { submodule: 'a'.repeat(40) } }, isAbove: true },
  { what: 'the root is a file', files: { scaling: 'theirs\n' }, isAbove: true },
  { what: 'a parent is a submodule', files: { 'scaling/members': { submodule: 'a'.repeat(40) } }, isAbove: true },
];
