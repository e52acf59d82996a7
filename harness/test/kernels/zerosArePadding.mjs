import { around } from './around.mjs';

/** Takes a dy of zero for padding, and gives the other elements its share of dBeta. */
export const openBackend = around('zeros-are-padding', (plan, { shape, layout }) => {
  let counted;
  return {
    write(inputs) {
      const { dy } = inputs;
      const positions = shape.spatial.reduce((product, size) => product * size, 1);
      const channelOf = (i) => (layout === 'nhwc' ? i % shape.c : Math.floor(i / positions) % shape.c);
      const all = new Float64Array(shape.c);
      const zero = new Float64Array(shape.c);
      dy?.forEach((value, i) => {
        all[channelOf(i)]++;
        if (value === 0) zero[channelOf(i)]++;
      });
      counted = all.map((m, c) => m / (m - zero[c]));
      plan.write(inputs);
    },
    read(into) {
      plan.read(into);
      into.dBeta?.forEach((value, c) => {
        if (counted[c] !== 1) into.dBeta[c] = value * counted[c];
      });
    },
  };
});
