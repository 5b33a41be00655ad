import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** The URL of a host that takes connections and never says a word, until the test is over. */
export async function silentHost(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
