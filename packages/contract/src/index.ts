export type { Backend, Device, DeviceTime, MaybePromise, Numerics, OpenBackend, OpenOptions, Plan } from './backend.ts';
export { checkConvention, checkInputs, checkOutputs, checkProblem, formatShape, whyNotStored } from './checks.ts';
export {
  type Convention,
  conventionNamed,
  conventions,
  divisorOf,
  momentumFrom,
  momentumWeight,
  type NamedConvention,
} from './convention.ts';
export { BackendUnavailableError, KernelError, ProblemError, ShapeError } from './errors.ts';
export { fromFunctions, type Kernels } from './fromFunctions.ts';
export {
  bytesPerElement,
  type DType,
  dtypes,
  elementsOf,
  elementsPerChannel,
  type Layout,
  layouts,
  type Op,
  ops,
  type Problem,
  positionsOf,
  type Shape,
  type Strides,
  stridesOf,
  usualDTypes,
} from './problem.ts';
export {
  type BackwardFrozenInputs,
  type BackwardInputs,
  type BackwardOutputs,
  type Extent,
  type ForwardTrainingInputs,
  type ForwardTrainingOutputs,
  type InferenceInputs,
  type InferenceOutputs,
  inputsOf,
  outputsOf,
  type TensorName,
  type TensorSlot,
  type Tensors,
} from './tensors.ts';
