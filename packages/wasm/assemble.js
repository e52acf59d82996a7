import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/**
 * Compiles every target of asconfig.json, one after the other in this process: most of what a compilation costs is the compiler
 * warming up, so that all four take little longer than two processes with one each.
 */
const { targets } = JSON.parse(readFileSync('asconfig.json', 'utf8'));
for (const target of Object.keys(targets)) {
  const { error, stdout, stderr } = await asc.main(['--target', target]);
  process.stdout.write(stdout.toString());
  process.stderr.write(stderr.toString());
  if (error) {
    process.stderr.write(`assemble: target "${target}" of asconfig.json does not compile: ${error.message}\n`);
    process.exit(1);
  }
}
