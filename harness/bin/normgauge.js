#!/usr/bin/env node
import { existsSync } from 'node:fs';
import process from 'node:process';

// The command of a fresh checkout, before anything was built, should say what to do rather than where it stopped.
const cli = new URL('../dist/main.js', import.meta.url);
if (existsSync(cli)) await import(cli.href);
else {
  console.error('normgauge: not built yet; run "npm run build" at the root of the checkout first');
  process.exitCode = 2;
}
