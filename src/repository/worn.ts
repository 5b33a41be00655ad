import { readdir } from 'node:fs/promises';

/** Git looks for an object in every pack: from some hundred on that is felt in each call. */
const MAX_PACKS = 100;
/** At 4 KiB for each file on most disks this is 256 MiB. */
const MAX_LOOSE = 65_536;
/** Left by processes that were killed. */
const MAX_TEMPORARY = 10;

/** Whether a mirror has grown so much that making it again is cheaper than going on; asks no Git process. */
export async function isWorn(directory: string): Promise<boolean> {
  const names = await namesIn(`${directory}/objects/pack`);
  const packs = names.filter((name) => name.endsWith('.pack')).length;
  const temporary = names.filter((name) => name.startsWith('tmp_')).length;
  // Names of objects are spread evenly over 256 directories, as git gc counts them, too.
  const loose = (await namesIn(`${directory}/objects/17`)).length * 256;
  return packs > MAX_PACKS || loose > MAX_LOOSE || temporary > MAX_TEMPORARY;
}

/** Empty where there is no such directory. */
async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
