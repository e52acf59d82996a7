/** A site that is served and not only written: its pages hear when it was built anew. */
export interface Live {
  /** Where the server tells of it, as server-sent events. */
  readonly events: string;
}

/** The one thing a served page may connect to is its own server. */
export function livePolicy(live: Live | undefined): readonly string[] {
  return live ? ["connect-src 'self'"] : [];
}

/** Loads the page again when the server says so. */
export function liveScript(live: Live | undefined): string {
  if (!live) return '';
  return `
new EventSource(${JSON.stringify(live.events)}).addEventListener('reload', () => location.reload());
`;
}
