import {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  ones,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { testLayers, testRefusals } from '../support/layer-table';

class SizedTranspose extends ConvTranspose2d<FloatDType> {
  override forward(x: Tensor<FloatDType>): Tensor<FloatDType> {
    return super.forward(x, [8, 6]);
  }
}

testLayers('layers-convolution', {
  conv1d: (dtype) => new Conv1d(3, 4, 3, { dtype }),
  'conv1d-options': (dtype) =>
    new Conv1d(4, 6, 3, { stride: 2, padding: 3, dilation: 2, groups: 2, bias: false, dtype }),
  'conv1d-same': (dtype) => new Conv1d(2, 3, 4, { padding: 'same', dtype }),
  'conv1d-reflect': (dtype) => new Conv1d(2, 3, 3, { padding: 2, paddingMode: 'reflect', dtype }),
  'conv2d-reflect': (dtype) => new Conv2d(2, 3, 3, { padding: [1, 2], paddingMode: 'reflect', dtype }),
  'conv2d-replicate': (dtype) => new Conv2d(2, 3, 3, { stride: 2, padding: 1, paddingMode: 'replicate', dtype }),
  'conv2d-circular': (dtype) => new Conv2d(2, 2, [3, 2], { padding: 'same', paddingMode: 'circular', dtype }),
  conv3d: (dtype) => new Conv3d(2, 3, 2, { dtype }),
  'conv3d-options': (dtype) =>
    new Conv3d(2, 4, [3, 2, 1], { stride: [2, 1, 1], padding: [1, 0, 1], dilation: [1, 2, 1], groups: 2, dtype }),
  'conv3d-replicate': (dtype) => new Conv3d(1, 2, 3, { padding: 'same', paddingMode: 'replicate', dtype }),
  'conv-transpose1d': (dtype) => new ConvTranspose1d(3, 2, 3, { dtype }),
  'conv-transpose1d-options': (dtype) =>
    new ConvTranspose1d(4, 6, 3, {
      stride: 2,
      padding: 1,
      outputPadding: 1,
      groups: 2,
      bias: false,
      dilation: 2,
      dtype,
    }),
  'conv-transpose2d': (dtype) => new ConvTranspose2d(3, 2, 3, { dtype }),
  'conv-transpose2d-stride': (dtype) => new ConvTranspose2d(2, 3, 4, { stride: 2, padding: 1, dtype }),
  'conv-transpose2d-pairs': (dtype) =>
    new ConvTranspose2d(2, 2, [3, 2], { stride: [3, 2], padding: [1, 0], outputPadding: [2, 1], dtype }),
  'conv-transpose2d-dilation': (dtype) =>
    new ConvTranspose2d(1, 2, 2, { dilation: 3, outputPadding: 2, padding: 1, dtype }),
  'conv-transpose3d': (dtype) => new ConvTranspose3d(2, 3, 2, { dtype }),
  'conv-transpose3d-options': (dtype) =>
    new ConvTranspose3d(2, 4, [2, 3, 2], {
      stride: [2, 1, 3],
      padding: [1, 0, 1],
      outputPadding: [1, 0, 2],
      groups: 2,
      dilation: [1, 2, 1],
      dtype,
    }),
  'conv-transpose2d-size': (dtype) => new SizedTranspose(2, 3, 3, { stride: [3, 2], padding: 1, dtype }),
  'conv1d-single': (dtype) => new Conv1d(2, 3, 3, { dtype }),
  'conv2d-single': (dtype) => new Conv2d(2, 3, 3, { padding: 1, paddingMode: 'reflect', dtype }),
  'conv3d-single': (dtype) => new Conv3d(1, 2, 2, { dtype }),
  'conv-transpose2d-single': (dtype) => new ConvTranspose2d(2, 2, 2, { stride: 2, dtype }),
  'conv-transpose2d-depthwise': (dtype) => new ConvTranspose2d(3, 3, 3, { stride: 2, groups: 3, bias: false, dtype }),
});

testRefusals({
  'an extent that no padding gives': [
    () => new ConvTranspose1d(1, 1, 3, { stride: 2 }).forward(ones([1, 1, 3]), 9),
    'VALUE',
    /ConvTranspose1d: outputSize is 9, .*need 7 to 8 on axis 2/,
  ],
  'no channels': [() => new Conv1d(0, 1, 3), 'VALUE', /Conv1d: inChannels is 0/],
  'groups that do not divide': [() => new ConvTranspose2d(4, 3, 3, { groups: 2 }), 'VALUE', /multiples of 2/],
  'a kernel of another rank': [() => new Conv3d(1, 1, [3, 3] as never), 'VALUE', /kernelSize is \[3, 3\]/],
  'an unknown border': [() => new Conv2d(1, 1, 3, { paddingMode: 'mirror' as never }), 'VALUE', /paddingMode/],
  'a stride of 0': [() => new Conv1d(1, 1, 3, { stride: 0 }), 'VALUE', /stride is 0/],
  '"same" with a stride': [() => new Conv2d(1, 1, 3, { stride: 2, padding: 'same' }), 'VALUE', /need stride 1/],
  'input of another rank': [() => new Conv3d(1, 1, 3).forward(ones([1, 4, 4])), 'SHAPE', /\[B, C, D, H, W\]/],
  'a border wider than the image': [
    () => new Conv2d(1, 1, 9, { padding: 4, paddingMode: 'reflect' }).forward(ones([1, 1, 3, 3])),
    'SHAPE',
    /widths/,
  ],
});

test.each<FloatDType>(['float16', 'bfloat16'])('works in %s', (dtype) => {
  const layer = new ConvTranspose2d(2, 3, 2, { stride: 2, dtype });
  expect(layer.forward(ones([1, 2, 3, 3], { dtype })).dtype).toBe(dtype);
});
