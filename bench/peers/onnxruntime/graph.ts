// Writes ONNX models, as far as the benchmarks need them: a graph of nodes with constants, in the encoding of protocol
// buffers. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

type Values = Float32Array | Uint8Array | BigInt64Array;

/** Attributes of a node: whole numbers, lists of them, floats as { float }, texts. */
type Attribute = number | readonly number[] | string | { readonly float: number };

/** What a node is told besides its inputs. */
export type Attributes = Readonly<Record<string, Attribute>>;

const floatType = 1;

const elementTypes = new Map<unknown, number>([
  [Float32Array, floatType],
  [Uint8Array, 2],
  [BigInt64Array, 7],
]);

const typeOf = (values: Values): number => elementTypes.get(values.constructor) ?? floatType;

// ---- protocol buffers: every field is its number and wire type, then a varint, four bytes, or a length and bytes -------

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const integer = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);

function message(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint((field << 3) | 2), varint(length), ...parts]);
}

const text = (field: number, value: string): Buffer => message(field, Buffer.from(value));

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
}

// ---- parts of a model ------------------------------------------------------------------------------------------------

function attribute(name: string, value: Attribute): Buffer {
  const kind = (type: number): Buffer => integer(20, type);
  if (typeof value === 'number') return message(5, text(1, name), integer(3, value), kind(2));
  if (typeof value === 'string') return message(5, text(1, name), text(4, value), kind(3));
  if ('float' in value) return message(5, text(1, name), float(2, value.float), kind(1));
  return message(5, text(1, name), ...value.map((each) => integer(8, each)), kind(7));
}

function constant(name: string, values: Values, shape: readonly number[]): Buffer {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return message(
    5,
    ...shape.map((extent) => integer(1, extent)),
    integer(2, typeOf(values)),
    text(8, name),
    message(9, raw),
  );
}

/** An input or output: outputs are declared without a shape, which onnxruntime infers. */
function declaration(field: number, name: string, type: number, shape?: readonly number[]): Buffer {
  const dims = shape?.map((extent) => message(1, integer(1, extent))) ?? [];
  const declared = shape === undefined ? [] : [message(2, ...dims)];
  return message(field, text(1, name), message(2, message(1, integer(1, type), ...declared)));
}

/** Domain of the operators that only onnxruntime has. */
export const microsoft = 'com.microsoft';

/** A graph that is being built: names of values stand for them. */
export class Graph {
  /** Values of the inputs, by name. */
  readonly inputs = new Map<string, { readonly values: Values; readonly shape: readonly number[] }>();
  private readonly parts: Buffer[] = [];
  private count = 0;

  input(values: Values, shape: readonly number[]): string {
    const name = this.name('x');
    this.inputs.set(name, { values, shape });
    this.parts.push(declaration(11, name, typeOf(values), shape));
    return name;
  }

  constant(values: Values, shape: readonly number[]): string {
    const name = this.name('w');
    this.parts.push(constant(name, values, shape));
    return name;
  }

  /** Adds a node, of ONNX's own operators or those of another domain; an empty name among the inputs leaves that one out. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    return this.nodes(operator, inputs, 1, attributes, domain)[0]!;
  }

  /** Adds a node of several outputs. */
  nodes(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    domain = '',
  ): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.name('y'));
    const described = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    const named = inputs.map((name) => text(1, name));
    const results = outputs.map((name) => text(2, name));
    this.parts.push(message(1, ...named, ...results, text(4, operator), ...described, text(7, domain)));
    return outputs;
  }

  /** The whole model, which gives one value. */
  model(output: string, type = floatType): Buffer {
    const graph = message(7, ...this.parts, text(2, 'benchmark'), declaration(12, output, type));
    const opsets = [message(8, text(1, ''), integer(2, 20)), message(8, text(1, microsoft), integer(2, 1))];
    return Buffer.concat([integer(1, 9), graph, ...opsets]);
  }

  private name(prefix: string): string {
    return `${prefix}${this.count++}`;
  }
}

/** Type of int32 values, for outputs. */
export const int32Type = 6;
