import { Adam, DataLoader, Dropout, Linear, ReLU, seed, Sequential, TensorDataset, tensor } from 'myelin';

/** Points of two classes, inside and outside of a circle: no straight line parts them. */
function circle(count: number) {
  const points = Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(i / count);
    return [Math.cos(2.4 * i) * radius, Math.sin(2.4 * i) * radius];
  });
  const classes = points.map((_, i) => (i < count / 2 ? 0 : 1));
  return new TensorDataset({ x: tensor(points), y: tensor(classes, { dtype: 'int32' }) });
}

/** A small network with the same first weights every time, its optimizer and its data; freed by `dispose`. */
export function problem({ dropout = 0, lr = 0.02 }: { dropout?: number; lr?: number } = {}) {
  seed(11);
  const data = circle(200);
  const model = new Sequential(new Linear(2, 16), new ReLU(), new Dropout(dropout), new Linear(16, 2));
  const optimizer = new Adam(model.parameters(), { lr });
  return {
    data,
    model,
    optimizer,
    loader: () => new DataLoader(data, { batchSize: 20, shuffle: true, seed: 4 }),
    weights: () => Object.values(model.stateDict()).map((variable) => [...variable.data()].map(Number)),
    dispose: () => {
      for (const owner of [data, model, optimizer]) owner.dispose();
    },
  };
}
