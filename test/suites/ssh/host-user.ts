import { chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Who serves: never root. */
export interface HostUser {
  readonly name: string;
  /** The command that runs a program as this user. */
  command(program: string, args: readonly string[]): readonly [string, readonly string[]];
  /** Gives a file or everything in a directory to this user. */
  own(path: string): void;
}

/** Of nobody on the machine. */
const USER_ID = 47_110;

/** The user that runs the tests; where that is root, one that exists for the program alone. */
export function hostUser(directory: string): HostUser {
  if (process.getuid?.() !== 0) {
    return { name: userInfo().username, command: (program, args) => [program, args], own: () => undefined };
  }
  const users = join(directory, 'passwd');
  const line = `git:x:${USER_ID}:${USER_ID}::${directory}:/bin/sh\n`;
  writeFileSync(users, `${readFileSync('/etc/passwd', 'utf8').trimEnd()}\n${line}`);
  return {
    name: 'git',
    // The list of users is another one in a mount namespace of its own: the machine stays as it is.
    command: (program, args) => {
      const script = `mount --bind '${users}' /etc/passwd && exec setpriv --reuid=${USER_ID} --regid=${USER_ID} --clear-groups "$@"`;
      return ['unshare', ['--mount', 'sh', '-c', script, 'sh', program, ...args]];
    },
    own,
  };
}

function own(path: string): void {
  chownSync(path, USER_ID, USER_ID);
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
    chownSync(join(entry.parentPath, entry.name), USER_ID, USER_ID);
}
