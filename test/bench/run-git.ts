import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';

const ENVIRONMENT = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** Bare Git as a shell would run it: the floor that the product is measured against. */
export function run(
  directory: string,
  args: readonly string[],
  input: Iterable<Buffer | string> = [],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: directory, env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new Error(`git ${args.join(' ')}: ${Buffer.concat(errors).toString()}`));
    });
    Readable.from(input, { objectMode: false }).pipe(child.stdin);
  });
}
