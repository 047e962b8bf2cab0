import { Embedding, Linear, LSTM, Module, type Tensor } from 'myelin';

type Floats = Tensor<'float32'>;

/** Predicts the next of 96 characters from those before it. */
class CharLstm extends Module<readonly [x: Tensor<'int64'>], Floats> {
  readonly embedding = new Embedding(96, 64);
  readonly lstm = new LSTM(64, 256, { batchFirst: true });
  readonly fc = new Linear(256, 96);

  override forward(x: Tensor<'int64'>): Floats {
    const [states] = this.lstm.forward(this.embedding.forward(x));
    return this.fc.forward(states);
  }
}

export const charLstm = (): CharLstm => new CharLstm();
