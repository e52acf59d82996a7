import process from 'node:process';

/** A module that ends the process that loads it. */
process.exit(0);
