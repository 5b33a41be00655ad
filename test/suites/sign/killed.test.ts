import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PRODUCT } from '../../cli/product.ts';
import { Running, signalTo, until } from '../../cluster/process.ts';
import { countOf, World } from '../../scenarios/world.ts';
import { EMAIL, makeSigningKey } from './keys.ts';

/** A `gpg` that never ends where it is to sign. @returns PATH with it first, and the file in which it says where its keyring is */
function hangingSigner(directory: string): { readonly path: string; readonly said: string } {
  const [bin, said] = [join(directory, 'bin'), join(directory, 'said')];
  mkdirSync(bin);
  const real = process.env['PATH'] ?? '';
  const hang = `case " $* " in *" --detach-sign "*) echo "$$ $GNUPGHOME" > '${said}.new'; mv '${said}.new' '${said}'; exec sleep 60;; esac`;
  writeFileSync(join(bin, 'gpg'), `#!/bin/sh\nPATH='${real}'\n${hang}\nexec gpg "$@"\n`, { mode: 0o755 });
  return { path: `${bin}${delimiter}${real}`, said };
}

it('the keyring of a process that was killed is not on the disk, and gone with the next one', async () => {
  const world = new World();
  const { keyFile } = makeSigningKey('openpgp', join(world.directory, 'keys'), '');
  const author = { name: 'Scaling Bot', email: EMAIL };
  world.configure({ destinations: [{ repository: 'fleet.git', author, signing: { format: 'openpgp', keyFile } }] });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const memory = mkdtempSync('/tmp/dso-gitops-run-');
  onTestFinished(() => rmSync(memory, { recursive: true }));
  const { path, said } = hangingSigner(world.directory);
  const cache = world.environment['DSO_GITOPS_CACHE'] ?? '';
  const env = { PATH: path, DSO_GITOPS_CACHE: cache, XDG_RUNTIME_DIR: memory };
  const options = { cwd: world.directory, env };
  const product = new Running(process.execPath, [...PRODUCT, 'apply'], join(world.directory, 'log'), options);
  await until('signing', async () => existsSync(said) || null);
  await product.stop('SIGKILL');
  const [signer, keyring = ''] = readFileSync(said, 'utf8').trim().split(' ');
  onTestFinished(() => signalTo(Number(signer), 'SIGKILL'));
  expect(readdirSync(join(keyring, 'private-keys-v1.d'))).toHaveLength(1);
  expect(keyring.startsWith(memory)).toBe(true);
  expect(readdirSync(cache).filter((name) => !/\.git(\.lock)?$/.test(name))).toEqual([]);
  Object.assign(world.environment, { XDG_RUNTIME_DIR: memory });
  expect((await world.run('apply')).code).toBe(0);
  expect(countOf(world.home, 'one', 'a')).toBe(2);
  expect(readdirSync(memory)).toEqual([]);
});
