import { expect, it } from 'vitest';
import { Health, serveHealth } from '../../src/service/health.ts';

it('is ready when the hub was read, and alive as long as evaluations end', () => {
  let now = 0;
  const health = new Health(() => now);
  expect(health.answer('/readyz')).toMatchObject({ status: 503, text: 'the hub was not read yet' });
  expect(health.answer('/livez').status).toBe(200);
  health.beat('the CRD is missing');
  expect(health.answer('/readyz')).toMatchObject({ status: 503, text: 'the CRD is missing' });
  health.beat(null);
  expect(health.answer('/readyz').status).toBe(200);
  now = 599_000;
  expect(health.answer('/livez').status).toBe(200);
  now = 601_000;
  expect(health.answer('/livez').status).toBe(503);
  expect(health.answer('/metrics').status).toBe(404);
});

it('answers on a port, and says when that is taken', async () => {
  const health = new Health(() => 0);
  const server = await serveHealth(health, 0, async () => 'one 1\n');
  const answer = await fetch(`http://127.0.0.1:${server.port}/livez?verbose`);
  expect([answer.status, await answer.text()]).toEqual([200, 'ok\n']);
  const metrics = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect([metrics.status, await metrics.text()]).toEqual([200, 'one 1\n']);
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  await expect(serveHealth(health, server.port, async () => '')).rejects.toMatchObject({ reason: 'PortTaken' });
  await server.close();
});
