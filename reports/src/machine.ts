import type { Environment, Report, Result } from './report.ts';

/**
 * Where a result was made: of its own run in a merged report, else of the report. */
export function environmentOf({ environment, parts }: Report, { part }: Result): Environment {
  return (part === undefined ? undefined : parts?.[part]?.environment) ?? environment;
}

/** A machine by name: times of different ones are kept apart. The release of the system and of Node may change on it. */
export function machineName({ cpu, cores, os, arch }: Environment): string {
  return `${cpu}, ${cores} cores, ${os.split(' ')[0]} ${arch}`;
}
