import { add, BatchNorm2d, Conv2d, Identity, Linear, mean, Module, relu, type Tensor } from 'myelin';

type Floats = Tensor<'float32'>;

/** Two convolutions and a way around them. */
class Block extends Module<readonly [x: Floats], Floats> {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly shortcut: Module;
  readonly shortcutNorm: Module;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = new Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = new Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outputs);
    const same = stride === 1 && inputs === outputs;
    this.shortcut = same ? new Identity() : new Conv2d(inputs, outputs, 1, { stride, bias: false });
    this.shortcutNorm = same ? new Identity() : new BatchNorm2d(outputs);
  }

  override forward(x: Floats): Floats {
    const through = this.bn2.forward(this.conv2.forward(relu(this.bn1.forward(this.conv1.forward(x)))));
    return relu(add(through, this.shortcutNorm.forward(this.shortcut.forward(x)))) as Floats;
  }
}

const blocks: readonly (readonly [inputs: number, outputs: number, stride: number])[] = [
  [64, 64, 1],
  [64, 64, 1],
  [64, 128, 2],
  [128, 128, 1],
  [128, 256, 2],
  [256, 256, 1],
  [256, 512, 2],
  [512, 512, 1],
];

/** ResNet-18 in the form for images of 32 × 32 (He et al. 2016, «Deep Residual Learning for Image Recognition»). */
class ResNet18 extends Module<readonly [x: Floats], Floats> {
  readonly conv = new Conv2d(3, 64, 3, { padding: 1, bias: false });
  readonly bn = new BatchNorm2d(64);
  readonly blocks = blocks.map((shape) => new Block(...shape));
  readonly fc = new Linear(512, 10);

  override forward(x: Floats): Floats {
    const first = relu(this.bn.forward(this.conv.forward(x)));
    const last = this.blocks.reduce<Floats>((value, block) => block.forward(value), first);
    return this.fc.forward(mean(last, { axis: [2, 3] }));
  }
}

export const resnet18 = (): ResNet18 => new ResNet18();
