import type { Network } from '@normgauge/reports';
import { type Case, partsOf } from './case.ts';

/** One BatchNorm layer of a network: C, its spatial sizes, and how many times the network has it. */
export interface NetworkLayer {
  readonly c: number;
  readonly spatial: readonly number[];
  readonly times: number;
}

/**
 * The BatchNorm layers of ResNet-50 for 224×224 images, 53 in all.
 * From oneDNN's kernel test suite, tests/benchdnn/inputs/bnorm/shapes_resnet_50; the batch size is the user's choice.
 */
export const resnet50: readonly NetworkLayer[] = [
  { c: 64, spatial: [112, 112], times: 1 },
  { c: 256, spatial: [56, 56], times: 4 },
  { c: 64, spatial: [56, 56], times: 6 },
  { c: 512, spatial: [28, 28], times: 5 },
  { c: 128, spatial: [28, 28], times: 8 },
  { c: 1024, spatial: [14, 14], times: 7 },
  { c: 256, spatial: [14, 14], times: 12 },
  { c: 2048, spatial: [7, 7], times: 4 },
  { c: 512, spatial: [7, 7], times: 6 },
];

/** The layers as shapes of a case table, at batch size n. */
export function layerShapes(layers: readonly NetworkLayer[], n: number): readonly string[] {
  return layers.map(({ c, spatial }) => [n, c, ...spatial].join('x'));
}

/** A network at one batch size, as a suite has it. */
export interface NetworkOfSuite {
  readonly name: string;
  readonly source: string;
  readonly layers: readonly NetworkLayer[];
  /** Batch size. */
  readonly n: number;
}

/**
 * ResNet-50 with four images: the largest layer is 12.8 MB, more than the second-level cache of any core, and two backends
 * are verified and timed on all 27 cases in about a minute on two cores.
 */
export const resnet50Step: NetworkOfSuite = {
  name: 'ResNet-50',
  source: 'oneDNN, tests/benchdnn/inputs/bnorm/shapes_resnet_50',
  layers: resnet50,
  n: 4,
};

/**
 * The networks as a report holds them: one for each layout, fill and convention in which the cases hold layers of it. All of its layers
 * are named, so that a sum over fewer shows as such.
 */
export function networksIn(networks: readonly NetworkOfSuite[], cases: readonly Case[]): readonly Network[] {
  return networks.flatMap(({ name, source, layers, n }) => {
    const shaped = layers.map(({ c, spatial, times }) => ({ shape: [n, c, ...spatial], times }));
    const ids = new Set(shaped.map(({ shape }) => shape.join('x')));
    const found = new Map<string, Network>();
    for (const { id } of cases) {
      const { layout, shape, fill, convention, dtype } = partsOf(id)!;
      if (!ids.has(shape) || dtype !== 'f32') continue;
      found.set([layout, fill, convention].join('/'), { name, source, layout, fill, convention, layers: shaped });
    }
    return [...found.values()];
  });
}
