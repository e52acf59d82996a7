/** The command or its input made no sense. The message is one sentence for the person who typed it; exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
