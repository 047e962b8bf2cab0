// Programs that must not compile, and what the compiler says of each: `npm run check:types` compares. A sentence about shapes
// or dtypes has to appear in the message as it stands here.
import { Adam, Linear, concat, matmul, softmax, zeros, type Parameter, type Tensor } from 'myelin';

// error: matmul: inner dimensions 3 and 4 differ
matmul(zeros([2, 3]), zeros([4, 5]));

// error: matmul: inner dimensions 7 and 2 differ
zeros([1, 7]).matmul(zeros([2, 1]));

// error: Property 'shapeError' is missing
zeros([8, 3]).matmul(zeros([8, 3]));

// error: Type '"float33"' is not assignable to type
zeros([2], { dtype: 'float33' });

// error: Type '"Float32Array"' is not assignable to type '"Float64Array"'
export const wrongArray: Float64Array = zeros([2]).data();

// error: Type '"float32"' is not assignable to type '"float64"'
export const wrongDType: Tensor<'float64'> = zeros([2]).exp();

// error: Type '3' is not assignable to type '2'
export const wrongShape: Tensor<'float32', readonly [2]> = zeros([3]);

// error: 'dim' does not exist in type
softmax(zeros([2]), { dim: 0 });

// error: Property 'assign' does not exist
zeros([2]).assign(zeros([2]));

// error: is not assignable to type 'number'
concat([zeros([2])], { axis: '0' });

// error: Argument of type 'string' is not assignable to parameter of type 'number'
new Linear(2, 'wide');

// error: missing the following properties from type 'Assignable': assign
new Adam([zeros([2])]);

declare const parameter: Parameter<'float32', readonly [2]>;
// error: Cannot assign to 'shape' because it is a read-only property
parameter.shape = [3];

// error: is not assignable to type 'Tensor<"float64"
const wide: Tensor<'float64'> = zeros([2]);
void wide;
