import { checkProblem, dtypes, type Problem } from '@normgauge/contract';
import { backward } from './backward.ts';
import { backwardFrozen } from './backwardFrozen.ts';
import { forwardTraining } from './forwardTraining.ts';
import { inference } from './inference.ts';
import type { ExactTensors, RealTensors } from './tensors.ts';

/**
 * Every output of `outputsOf(problem)` in float64, in new arrays. The op says which; each op's own function says how.
 *
 * Costs some 0.1 to 0.5 µs an element. Channels are independent, so a sample of whole channels checks those completely.
 *
 * @throws {ProblemError} when the problem has no meaning
 * @throws {ShapeError} when an input is absent or of another length
 */
export function compute(problem: Problem, inputs: RealTensors): ExactTensors {
  checkProblem(problem, dtypes);
  switch (problem.op) {
    case 'forward-training':
      return forwardTraining(problem, inputs);
    case 'inference':
      return inference(problem, inputs);
    case 'backward':
      return backward(problem, inputs);
    case 'backward-frozen':
      return backwardFrozen(problem, inputs);
  }
}
