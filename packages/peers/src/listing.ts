import {
  type Backend,
  type Convention,
  elementsPerChannel,
  fromFunctions,
  type Kernels,
  type Op,
  type OpenBackend,
  type OpenOptions,
  type Problem,
} from '@normgauge/contract';

/** The fields of a convention that an op reads. */
const readBy: Readonly<Record<Op, readonly (keyof Convention)[]>> = {
  'forward-training': ['eps', 'epsPlacement', 'normalizeDivisor', 'runningDivisor', 'momentum'],
  inference: ['eps', 'epsPlacement'],
  backward: ['eps', 'epsPlacement', 'normalizeDivisor'],
  'backward-frozen': ['eps', 'epsPlacement'],
};

/**
 * Why a listing with these decisions cannot do the problem, or undefined when it can. Only what the op reads counts:
 * inference takes its variance as given, whatever divided it.
 *
 * @param own the decisions that the listing takes; what is left out is the caller's in the listing, too
 */
export function otherConvention(own: Partial<Convention>, { op, shape, convention }: Problem): string | undefined {
  const differing = readBy[op].find((field) => own[field] !== undefined && own[field] !== convention[field]);
  if (differing !== undefined) return `does ${differing} ${own[differing]} only, not ${convention[differing]}`;
  const divides = readBy[op].some((field) => own[field] === 'm-1');
  if (divides && elementsPerChannel(shape) === 1 && convention.singleElement !== 'nan') {
    return `gives NaN for a single element, which the convention ${convention.singleElement}s`;
  }
  return undefined;
}

/**
 * A published listing as a backend: its functions lifted by `fromFunctions`, and for each op that it does not have,
 * the reason in one sentence.
 */
export function openListing(kernels: Kernels, missing: { readonly [op in Op]?: string } = {}): OpenBackend {
  const open = fromFunctions(kernels);
  return async (options?: OpenOptions): Promise<Backend> => {
    const backend = await open(options);
    return { ...backend, supports: (problem) => missing[problem.op] ?? backend.supports(problem) };
  };
}
