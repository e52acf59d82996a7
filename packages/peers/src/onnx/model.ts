import { type Field, floatField, integerField, messageField, textField } from './protobuf.ts';

/*
 * ONNX models as bytes. Field numbers and enumerations are those of onnx/onnx.proto (onnx/onnx, v1.17.0), named beside
 * each number as they are named there.
 */

/** IR version 8 came with opset 15 (onnx 1.10): docs/Versioning.md. */
const irVersion = 8;
const opset = 15;
/** TensorProto.DataType.FLOAT */
const float = 1;

/** A float is FLOAT, a whole number that is to be one is wrapped, several are INTS. */
export type Attribute = number | { readonly integer: number } | readonly number[];

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A float32 tensor: its name and the length of each axis. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A float32 vector that is a part of the model. */
export interface Constant {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** In an order in which each finds its inputs computed. */
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
}

/** AttributeProto: name 1, f 2, i 3, ints 8, type 20 (FLOAT 1, INT 2, INTS 7). */
function attributeFields(name: string, value: Attribute): readonly Field[] {
  if (typeof value === 'number') return [textField(1, name), floatField(2, value), integerField(20, 1)];
  if ('integer' in value) return [textField(1, name), integerField(3, value.integer), integerField(20, 2)];
  return [textField(1, name), ...value.map((one) => integerField(8, one)), integerField(20, 7)];
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5. */
function nodeFields({ op, inputs, outputs, attributes = {} }: Node): readonly Field[] {
  return [
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, op),
    ...Object.entries(attributes).map(([name, value]) => messageField(5, attributeFields(name, value))),
  ];
}

/**
 * ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; TypeProto.Tensor: elem_type 1, shape 2;
 * TensorShapeProto: dim 1; Dimension: dim_value 1.
 */
function valueFields({ name, shape }: Value): readonly Field[] {
  const dimensions = shape.map((size) => messageField(1, [integerField(1, size)]));
  const tensor = [integerField(1, float), messageField(2, dimensions)];
  return [textField(1, name), messageField(2, [messageField(1, tensor)])];
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9: float32, the least significant byte first. */
function constantFields({ name, values }: Constant): readonly Field[] {
  const raw = new DataView(new ArrayBuffer(4 * values.length));
  for (const [k, value] of values.entries()) raw.setFloat32(4 * k, value, true);
  return [
    integerField(1, values.length),
    integerField(2, float),
    textField(8, name),
    messageField(9, [[...new Uint8Array(raw.buffer)]]),
  ];
}

/** GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
function graphFields({ inputs, outputs, nodes, constants }: Graph): readonly Field[] {
  return [
    ...nodes.map((node) => messageField(1, nodeFields(node))),
    textField(2, 'normgauge'),
    ...constants.map((constant) => messageField(5, constantFields(constant))),
    ...inputs.map((value) => messageField(11, valueFields(value))),
    ...outputs.map((value) => messageField(12, valueFields(value))),
  ];
}

/** ModelProto: ir_version 1, graph 7, opset_import 8; OperatorSetIdProto: version 2, the domain left out is ONNX's own. */
export function modelBytes(graph: Graph): Uint8Array {
  return Uint8Array.from(
    [integerField(1, irVersion), messageField(7, graphFields(graph)), messageField(8, [integerField(2, opset)])].flat(),
  );
}
