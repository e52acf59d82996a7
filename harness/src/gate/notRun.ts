/** There is nothing to compare: base, or head, could not be had. One sentence; the verdict is `not-run`, exit status 4. */
export class NotRun extends Error {
  override readonly name = 'NotRun';
}
