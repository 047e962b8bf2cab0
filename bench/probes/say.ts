import type { Finding } from '../suite/findings.js';

/** Whether little time is to be spent. */
export const isQuick = process.argv.includes('--quick');

/** Tells the suite what was found. */
export function say(findings: readonly Finding[]): void {
  console.log(JSON.stringify(findings));
}
