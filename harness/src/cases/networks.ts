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
