import { type Certificate, levels } from './certificate.ts';

const missing = (claimed: readonly string[], found: readonly string[]): string[] =>
  claimed.filter((one) => !found.includes(one));

/**
 * What a certificate claims and a new run of the same suite and seed does not show; empty when the claim holds. More than
 * was claimed is no fault: a higher level, a better grade, more conventions.
 */
export function brokenClaims(claimed: Certificate, found: Certificate): readonly string[] {
  const broken: string[] = [];
  const claim = (what: string, expected: string, got: string): void => {
    broken.push(`${what}: the certificate says ${expected}, this run ${got}`);
  };
  if (found.backend.id !== claimed.backend.id) claim('backend', `"${claimed.backend.id}"`, `"${found.backend.id}"`);
  if (found.backend.version !== claimed.backend.version) {
    claim('version', claimed.backend.version ?? 'none', found.backend.version ?? 'none');
  }
  if (found.suite !== claimed.suite) claim('suite', claimed.suite, found.suite);
  if (found.seed !== claimed.seed) claim('seed', String(claimed.seed), String(found.seed));
  if (levels.indexOf(found.level) < levels.indexOf(claimed.level)) claim('level', claimed.level, found.level);
  if (found.grade > claimed.grade) claim('grade', claimed.grade, found.grade);
  const conventions = missing(claimed.conventions, found.conventions);
  if (conventions.length > 0) claim('conventions', claimed.conventions.join(', '), `lacks ${conventions.join(', ')}`);
  const layouts = missing(claimed.layouts, found.layouts);
  if (layouts.length > 0) claim('layouts', claimed.layouts.join(', '), `lacks ${layouts.join(', ')}`);
  return broken;
}
