import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { memory, seed } from 'myelin';

import { createModel } from '../../examples/digits/model';
import { createHttpServer } from '../../examples/server/http';
import { Serving, side, type Answer } from '../../examples/server/serving';

async function listen(serving: Serving) {
  const server = createHttpServer(serving, () => ({ servedStep: serving.step }));
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const post = (body: Uint8Array) => fetch(`http://localhost:${port}/predict`, { method: 'POST', body });
  const predict = async (body: Uint8Array) => (await (await post(body)).json()) as Answer;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { port, post, predict, close };
}

const image = (shade: number) => new Uint8Array(side * side).map((_, i) => (i * shade) % 256);

it('requests at once are answered as single ones are, and by new weights once they are there', async () => {
  const before = memory({ collect: true }).storages;
  seed(3);
  const [first, second] = [createModel(), createModel()];
  const serving = new Serving(createModel);
  serving.update(first, 1);
  const { predict, close } = await listen(serving);

  const shades = Array.from({ length: 40 }, (_, i) => i + 1);
  const alone: Answer[] = [];
  for (const shade of shades) alone.push(await predict(image(shade)));
  const together = await Promise.all(shades.map((shade) => predict(image(shade))));
  together.forEach(({ digit, probability, step }, i) => {
    expect([digit, step]).toEqual([alone[i]!.digit, 1]);
    expect(probability).toBeCloseTo(alone[i]!.probability, 5);
  });

  const during = shades.map((shade) => predict(image(shade)));
  expect(serving.update(second, 2)).toBe(true);
  const steps = (await Promise.all(during)).map(({ step }) => step);
  expect(steps.every((step) => step === 1 || step === 2)).toBe(true);
  const renewed = await predict(image(1));
  expect(renewed.step).toBe(2);
  expect(renewed.probability).not.toBe(alone[0]!.probability);

  await close();
  for (const owner of [serving, first, second]) owner.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
});

it('requests of a wrong size or place are refused', async () => {
  const serving = new Serving(createModel);
  const { port, post, close } = await listen(serving);
  expect((await post(new Uint8Array(783))).status).toBe(400);
  expect((await post(new Uint8Array(100_000))).status).toBe(400);
  expect((await fetch(`http://localhost:${port}/predict`)).status).toBe(404);
  expect(await (await fetch(`http://localhost:${port}/status`)).json()).toEqual({ servedStep: 0 });
  await close();
  serving.dispose();
});
