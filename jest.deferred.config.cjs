const base = require('./jest.config.cjs');

// For the workers, and for tests of what only holds when ops run at once.
process.env.MYELIN_DEFERRED = '1';

/** The unit suite with every op in a plan; see CONTRIBUTING.md. @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['data', 'engine', 'nn', 'optim', 'train'].map((folder) => `<rootDir>/test/${folder}`),
  setupFilesAfterEnv: [...base.setupFilesAfterEnv, '<rootDir>/test/support/deferred.ts'],
};
