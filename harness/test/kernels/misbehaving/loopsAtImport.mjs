import { appendFileSync } from 'node:fs';
import process from 'node:process';

if (process.env.NORMGAUGE_TEST_PIDS) appendFileSync(process.env.NORMGAUGE_TEST_PIDS, `${process.pid}\n`);

/** A module that is never loaded to its end. */
while (true);
