import { around } from './around.mjs';

/** Leaves the term of the mean out of dx. */
export const openBackend = around('no-mean-term', (plan, { op, shape, layout }) => {
  let given;
  return {
    write(inputs) {
      given = { gamma: inputs.gamma?.slice(), invStd: inputs.invStd?.slice() };
      plan.write(inputs);
    },
    read(into) {
      plan.read(into);
      if (op !== 'backward' || !into.dx || !into.dBeta) return;
      const positions = shape.spatial.reduce((product, size) => product * size, 1);
      const channelOf = (i) => (layout === 'nhwc' ? i % shape.c : Math.floor(i / positions) % shape.c);
      const { gamma, invStd } = given;
      into.dx.forEach((value, i) => {
        const c = channelOf(i);
        into.dx[i] = value + (gamma[c] * invStd[c] * into.dBeta[c]) / (shape.n * positions);
      });
    },
  };
});
