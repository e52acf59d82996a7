import type { OpenBackend } from '@normgauge/contract';
import { cs231nKernels } from './cs231n/backend.ts';
import { darknetKernels, testModeBackward } from './darknet/backend.ts';
import { alexeyab, pjreddie } from './darknet/variant.ts';
import { openListing } from './listing.ts';
import { openOnnxNode, openOnnxWeb } from './onnx/backend.ts';
import { openTensorFlowCpu, openTensorFlowWasm } from './tensorflow/backend.ts';

/** A module that exports a backend, as an object: a published listing, or a library that is installed by who wants it. */
export interface Listing {
  readonly openBackend: OpenBackend;
}

/**
 * CS231n, `batchnorm_forward` and `batchnorm_backward` on (N, D): assignment 2, cs231n/layers.py, in
 * cs231n/cs231n.github.io, assignments/2019/spring1819_assignment2.zip; written anew from its docstrings, in float32.
 */
export const cs231n: Listing = {
  openBackend: openListing(cs231nKernels, {
    'backward-frozen': 'has a backward pass for mode train only: in mode test batchnorm_forward keeps no cache for it',
  }),
};

/**
 * Darknet's CPU layer by its author: pjreddie/darknet at f6afaab, src/batchnorm_layer.c and src/blas.c; written anew from
 * its formulas with each rounding where C puts it. The Makefile's -Ofast lets a compiler add in another order; here it is the
 * order as written. Its backward pass is not the gradient of its forward pass: see docs/published.md.
 */
export const darknet: Listing = {
  openBackend: openListing({ ...darknetKernels(pjreddie, 'f6afaab'), ...testModeBackward(pjreddie) }),
};

/** The same layer in the fork AlexeyAB/darknet at 59596d7, src/batchnorm_layer.c and src/blas.c (CPU). */
export const darknetAlexeyab: Listing = {
  openBackend: openListing(darknetKernels(alexeyab, '59596d7'), {
    'backward-frozen':
      "has no backward pass for test mode on the CPU: there it reads what the last training batch left in the layer, not the problem's statistics",
  }),
};

/** TensorFlow.js, `@tensorflow/tfjs-core` on its backend `cpu`: moments, batchNorm and their gradients. See docs/peers.md. */
export const tensorflowCpu: Listing = { openBackend: openTensorFlowCpu };

/** The same on its backend `wasm`. */
export const tensorflowWasm: Listing = { openBackend: openTensorFlowWasm };

/** ONNX Runtime Web, `onnxruntime-web`: BatchNormalization of opset 15 in WebAssembly. */
export const onnxWeb: Listing = { openBackend: openOnnxWeb };

/** ONNX Runtime, `onnxruntime-node`: the same on its native CPU provider. */
export const onnxNode: Listing = { openBackend: openOnnxNode };
