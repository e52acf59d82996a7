import { type Backend, inputsOf, type MaybePromise, type Plan, type Problem, type Tensors } from '@normgauge/contract';
import { partOf } from '../extraWork.ts';

/** The first elements of every tensor: as many as the part has. What they mean does not matter to how long they take. */
function inputsOfPart(part: Problem, inputs: Tensors): Tensors {
  return Object.fromEntries(inputsOf(part).map(({ name, length }) => [name, inputs[name]!.slice(0, length)]));
}

function isPromise(value: MaybePromise<void>): value is Promise<void> {
  return value !== undefined;
}

/** The same backend, made to do a share of its work once more in every run. */
export function repeatingWork(backend: Backend, share: number): Backend {
  const plan = async (problem: Problem): Promise<Plan> => {
    const part = partOf(problem, share);
    const whole = await backend.plan(problem);
    const again = await backend.plan(part);
    return {
      async write(inputs) {
        await whole.write(inputs);
        await again.write(inputsOfPart(part, inputs));
      },
      run() {
        const pending = whole.run();
        return isPromise(pending) ? pending.then(() => again.run()) : again.run();
      },
      read: (into) => whole.read(into),
      async close() {
        await again.close();
        await whole.close();
      },
    };
  };
  const { id, version, numerics, dtypes, device } = backend;
  return {
    id,
    version,
    numerics,
    ...(dtypes && { dtypes }),
    ...(device && { device }),
    supports: (problem) => backend.supports(problem),
    plan,
    close: () => backend.close(),
  };
}
