/** Milliseconds of a move above which it is not worth while: a module that loads for seconds, a GPU. */
const tooDear = 500;

/** Whether what takes so long to be closed and opened anew should stay where it is from then on. */
export function isTooDear(milliseconds: number): boolean {
  return milliseconds > tooDear;
}
