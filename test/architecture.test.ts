import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Stages without I/O, and what they may import: nothing that could read a file, a clock, a network or a process. */
const PURE = ['api', 'demand', 'split', 'manifests', 'triggers', 'simulate', 'history', 'delivery', 'proposal'];
const PURE_MODULES = new Set(['node:crypto', 'node:util', 'zod', 'yaml', 'leven', 'csv-parse/sync', 'cron']);
/** The only folders that construct implementations. */
const ENTRIES = new Set(['cli']);
/** What they construct; a file may construct what it defines itself. */
const CONSTRUCTED = [
  ['new Engine(', 'reconcile/engine.ts'],
  ['new KubernetesHub(', 'sources/kubernetes.ts'],
  ['new StatusWriter(', 'status/status-writer.ts'],
  ['Mirror.open(', 'repository/mirror.ts'],
  ['connectToCluster(', 'kubernetes/client.ts'],
  ['statusApi(', 'kubernetes/status-api.ts'],
  ['filesHub(', 'sources/files.ts'],
  ['new GitHubAccounts(', 'forge/github/accounts.ts'],
] as const;
const MAX_LINES = 300;

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources = await readSources();

describe('src', () => {
  it('has files', () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  it.each(PURE)('%s imports nothing that does I/O', (folder) => {
    const own = sources.filter((source) => source.folder === folder);
    expect(own.length).toBeGreaterThan(0);
    for (const { file, imports } of own) {
      for (const specifier of imports) {
        const target = targetFolder(file, specifier);
        const isPure = target === null ? PURE_MODULES.has(specifier) : PURE.includes(target) || target === '';
        expect(isPure, `${file} imports ${specifier}`).toBe(true);
      }
    }
  });

  it.each(PURE)('%s has no clock, environment, output or chance', (folder) => {
    for (const { file, text } of sources.filter((source) => source.folder === folder)) {
      expect(text, file).not.toMatch(/\bDate\.now\(|new Date\(\)|\bprocess\.|\bconsole\.|Math\.random\(|\bfetch\(/);
    }
  });

  it('constructs implementations in the entries only', () => {
    for (const [call, own] of CONSTRUCTED) {
      const users = sources.filter(({ file, text }) => file !== own && text.includes(call));
      expect(users.length, call).toBeGreaterThan(0);
      expect(
        users.filter(({ folder }) => !ENTRIES.has(folder)).map(({ file }) => file),
        call,
      ).toEqual([]);
    }
  });

  it('reconciles against interfaces, not against Git or files', () => {
    for (const { file, imports } of sources.filter(({ folder }) => folder === 'reconcile')) {
      const folders = imports.map((specifier) => targetFolder(file, specifier));
      expect(folders, file).not.toContain('repository');
      expect(folders, file).not.toContain('kubernetes');
      expect(imports.filter((specifier) => /sources\/(?!hub\.ts)|forge\/github/.test(specifier))).toEqual([]);
    }
  });

  it(`has no file of more than ${MAX_LINES} lines and no default export`, () => {
    for (const { file, text } of sources) {
      expect(text.split('\n').length, file).toBeLessThanOrEqual(MAX_LINES);
      expect(text, file).not.toMatch(/^export default/m);
    }
  });
});

async function readSources(): Promise<readonly Source[]> {
  const files = (await readdir(SRC, { recursive: true })).filter((file) => file.endsWith('.ts'));
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(SRC, file), 'utf8');
      const found = text.matchAll(
        /^(?:import|export) [^;]*? from '([^']+)';|^import '([^']+)'|\bimport\('([^']+)'\)/gms,
      );
      const imports = [...found].map(([, from, bare, called]) => from ?? bare ?? called ?? '');
      return { file, folder: folderOf(file), text, imports };
    }),
  );
}

/** The stage that an import leads to; '' for the root of src, null for a package. */
function targetFolder(file: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return folderOf(relative('.', normalize(join(dirname(file), specifier))));
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : '';
}
