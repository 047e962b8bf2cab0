import { borrow, compile, scope, softmax, type Compiled, type Module, type Tensor } from 'myelin';

/** What the network thinks of one image. */
export interface Answer {
  readonly digit: number;
  readonly probability: number;
  /** Step of the training whose weights gave the answer. */
  readonly step: number;
}

interface Request {
  readonly pixels: Uint8Array;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** A copy of the weights, and the network compiled over it. */
interface Copy {
  readonly model: Module;
  readonly forward: Compiled<(images: Tensor<'uint8'>) => { probabilities: Tensor; digits: Tensor }>;
  step: number;
  running: number;
}

/** Side of an image, in pixels. */
export const side = 28;

// Each size of a batch is a plan of its own, so there are few of them.
const batchSizes = [1, 4, 16, 64] as const;
const largest = 64;

/** Requests that may wait before others are turned away. */
const maxWaiting = 4096;

/**
 * Answers with the newest weights while a training goes on changing others.
 *
 * There are two copies of the weights. Requests run on one of them; new weights are written into the other as soon as no
 * request runs there, and then the two change places: nobody waits, and no answer mixes old weights with new ones.
 * Requests that arrive while a batch runs make up the next batch.
 */
export class Serving {
  private front: Copy;
  private back: Copy;
  private readonly waiting: Request[] = [];
  swaps = 0;
  answers = 0;

  constructor(create: () => Module) {
    this.front = copyOf(create());
    this.back = copyOf(create());
  }

  /** Step of the weights in use. */
  get step(): number {
    return this.front.step;
  }

  /** The digit in `side` × `side` bytes, 0 for paper and 255 for ink; undefined when too many others are waiting. */
  predict(pixels: Uint8Array): Promise<Answer> | undefined {
    if (this.waiting.length >= maxWaiting) return undefined;
    return new Promise((resolve, reject) => {
      this.waiting.push({ pixels, resolve, reject });
      // Requests of one turn of the event loop go together.
      if (this.front.running === 0) setImmediate(() => void this.answerWaiting());
    });
  }

  /** Takes over the weights of a model that nothing changes at this moment; false when the other copy is still in use. */
  update(model: Module, step: number): boolean {
    const { back } = this;
    if (back.running > 0) return false;
    back.model.loadStateDict(model.stateDict());
    back.step = step;
    this.back = this.front;
    this.front = back;
    this.swaps++;
    return true;
  }

  dispose(): void {
    for (const { model, forward } of [this.front, this.back]) {
      forward.dispose();
      model.dispose();
    }
  }

  private async answerWaiting(): Promise<void> {
    const copy = this.front;
    if (copy.running > 0 || this.waiting.length === 0) return;
    copy.running++;
    const requests = this.waiting.splice(0, largest);
    try {
      const answers = await answer(copy, requests);
      requests.forEach(({ resolve }, i) => resolve(answers[i]!));
      this.answers += requests.length;
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
    copy.running--;
    if (this.waiting.length > 0) void this.answerWaiting();
  }
}

function copyOf(model: Module): Copy {
  model.eval();
  const forward = compile(
    (images: Tensor<'uint8'>) => {
      const probabilities = softmax(model.forward(images.to('float32').div(255)), { axis: 1 });
      return { probabilities: probabilities.max({ axis: 1 }), digits: probabilities.argmax({ axis: 1 }) };
    },
    { name: 'predict' },
  );
  return { model, forward, step: 0, running: 0 };
}

async function answer({ forward, step }: Copy, requests: readonly Request[]): Promise<Answer[]> {
  const count = batchSizes.find((size) => size >= requests.length) ?? largest;
  const pixels = new Uint8Array(count * side * side);
  requests.forEach((request, i) => pixels.set(request.pixels, i * side * side));
  const images = borrow(pixels, { shape: [count, 1, side, side] });
  const result = await forward(images);
  return scope(() => {
    const digits = result.digits.data();
    const probabilities = result.probabilities.data();
    for (const tensor of [images, result.digits, result.probabilities]) tensor.dispose();
    return requests.map((_, i) => ({ digit: Number(digits[i]), probability: Number(probabilities[i]), step }));
  });
}
