import { ProductError } from '../../src/errors.ts';
import type { Publication } from '../../src/reconcile/repository.ts';
import { NO_CREDENTIALS } from '../../src/repository/environment.ts';
import { plainHost } from '../../src/repository/host.ts';
import { Mirror, type MirrorSettings } from '../../src/repository/mirror.ts';

export { NO_CREDENTIALS };

/** Below which all of it is. */
export const ROOT = 'scaling';

/** Settings of a mirror of `main` at a URL. */
export function settingsOf(url: string, cacheDirectory: string, given: Partial<MirrorSettings> = {}): MirrorSettings {
  return {
    url,
    branch: 'main',
    isBranchCreated: false,
    isPartial: false,
    roots: [ROOT],
    proposedPrefix: null,
    credentials: NO_CREDENTIALS,
    signing: null,
    host: plainHost({ name: 'dso-gitops', email: 'dso-gitops@localhost' }),
    cacheDirectory,
    parentEnvironment: { PATH: process.env['PATH'] },
    ...given,
  };
}

/** A mirror that knows the tip. */
export async function openMirror(settings: MirrorSettings): Promise<Mirror> {
  const mirror = await Mirror.open(settings, new AbortController().signal);
  await mirror.refresh();
  return mirror;
}

/** What a push writes, with a default for everything; states are those of one root. */
export function publication(
  files: Readonly<Record<string, string>>,
  { states = new Map(), root = ROOT, ...given }: PublicationGiven = {},
): Publication {
  return {
    files: new Map(Object.entries(files)),
    message: 'scale\n',
    states: new Map([[root, states]]),
    time: Date.UTC(2026, 0, 1),
    ...given,
  };
}

interface PublicationGiven extends Partial<Omit<Publication, 'states'>> {
  /** By key of the DSO. */
  readonly states?: ReadonlyMap<string, string>;
  readonly root?: string;
}

/** The product's error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<ProductError> {
  const ended: unknown = await promise.then(
    (value) => value,
    (error: unknown) => error,
  );
  if (ended instanceof ProductError) return ended;
  throw new Error(`expected a ProductError; found ${String(ended)}`, { cause: ended });
}
