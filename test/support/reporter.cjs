// Ends the output of a run with one plain line that scripts can read. Jest adds its summary after every other reporter,
// hence the wait for the process's exit.
module.exports = class {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = results;
    const skipped = numPendingTests + numTodoTests;
    const counts = `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`;
    process.once('exit', () => process.stdout.write(`${counts}${skipped > 0 ? `, ${skipped} skipped` : ''}\n`));
  }
};
