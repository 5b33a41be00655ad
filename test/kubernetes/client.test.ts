import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectToCluster, type KubernetesClient, type Patience } from '../../src/kubernetes/client.ts';
import { listPages } from '../../src/kubernetes/list.ts';
import { listen } from '../repository/http-server.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { writeKubeconfig } from './kubeconfig.ts';

const signal = new AbortController().signal;
const COLLECTION = { path: '/api/v1/configmaps', name: null, form: null };

/** A client of a server that answers like this. */
async function clientOf(
  answer: (query: URLSearchParams, response: ServerResponse) => void,
  patience?: Patience,
): Promise<KubernetesClient> {
  const port = await listen(
    createServer(({ url }, response) => answer(new URL(url ?? '/', 'http://hub.test').searchParams, response)),
  );
  const kubeconfig = writeKubeconfig(join(temporaryDirectory(), 'config'), `http://127.0.0.1:${port}`);
  return connectToCluster({ kubeconfig, context: null }, {}, patience);
}

describe('silence', () => {
  it('before the head of a watch is borne as long as that of any other call', async () => {
    const client = await clientOf(() => undefined, { answerMs: 100, streamMs: 60_000 });
    await expect(client.stream({ path: '/watch', signal })).rejects.toThrow('nothing was heard for 0.1 s');
    await expect(client.call({ path: '/list', signal })).rejects.toThrow('nothing was heard for 0.1 s');
  });

  it('of a watch is borne longer, and not for ever', async () => {
    const client = await clientOf(
      (_, response) => {
        response.flushHeaders();
        setTimeout(() => response.write('{"line":1}\n'), 300);
      },
      { answerMs: 100, streamMs: 600 },
    );
    const lines: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const line of await client.stream({ path: '/watch', signal })) lines.push(line);
    };
    await expect(read()).rejects.toThrow('nothing was heard for 0.6 s');
    expect(lines).toEqual([{ line: 1 }]);
  });

  it('in the midst of an answer is not borne', async () => {
    const client = await clientOf((_, response) => void response.write('{"half":'), {
      answerMs: 100,
      streamMs: 60_000,
    });
    await expect(client.call({ path: '/list', signal })).rejects.toThrow('nothing was heard for 0.1 s');
  });
});

it('large objects are listed in pages that are small enough', async () => {
  const blob = 'x'.repeat(40_000);
  const limits: number[] = [];
  const client = await clientOf((query, response) => {
    const [from, limit] = [Number(query.get('continue') ?? 0), Number(query.get('limit'))];
    const to = Math.min(400, from + limit);
    limits.push(limit);
    const items = Array.from({ length: to - from }, (_, index) => ({ metadata: { name: `c${from + index}` }, blob }));
    response.end(
      JSON.stringify({ metadata: { resourceVersion: '5', ...(to < 400 ? { continue: String(to) } : {}) }, items }),
    );
  });
  let count = 0;
  for await (const { items } of listPages(client, COLLECTION, signal)) count += items.length;
  expect(count).toBe(400);
  expect(limits).toEqual([500, 250, 125, 125, 125, 125]);
});

describe('KUBECONFIG', () => {
  it('may name several files, of which some are missing', async () => {
    const directory = temporaryDirectory();
    const one = writeKubeconfig(join(directory, 'one'), 'https://one.test', 'one');
    const two = writeKubeconfig(join(directory, 'two'), 'https://two.test', 'two');
    const KUBECONFIG = ['', join(directory, 'missing'), one, two].join(':');
    expect((await connectToCluster({ kubeconfig: null, context: null }, { KUBECONFIG })).server).toBe(
      'https://one.test',
    );
    expect((await connectToCluster({ kubeconfig: null, context: 'two' }, { KUBECONFIG })).server).toBe(
      'https://two.test',
    );
  });

  it('that names none which is there is said', async () => {
    const KUBECONFIG = '/does/not/exist:/nor/this';
    await expect(connectToCluster({ kubeconfig: null, context: null }, { KUBECONFIG })).rejects.toThrow(
      'cannot load the kubeconfig /does/not/exist',
    );
  });
});

it('a DELETE with a condition is understood as a whole, and so is the call after it', async () => {
  const port = await listen(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      response.end(JSON.stringify({ method: request.method, body: Buffer.concat(chunks).toString() }));
    }),
  );
  const kubeconfig = writeKubeconfig(join(temporaryDirectory(), 'config'), `http://127.0.0.1:${port}`);
  const client = await connectToCluster({ kubeconfig, context: null }, {});
  const body = { preconditions: { uid: 'ü' } };
  expect(await client.call({ method: 'DELETE', path: '/one', body, signal })).toEqual({
    method: 'DELETE',
    body: JSON.stringify(body),
  });
  expect(await client.call({ path: '/two', signal })).toEqual({ method: 'GET', body: '' });
});
