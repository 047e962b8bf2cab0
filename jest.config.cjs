/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: '<rootDir>/test/support/jest-env.cjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/seed.ts'],
  testTimeout: 30_000,
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/test/support/reporter.cjs'],
  moduleFileExtensions: ['js', 'ts', 'mts', 'mjs', 'cjs', 'json', 'node'],
  // Sources import './x.js', which is what tsc makes of x.ts.
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^myelin$': '<rootDir>/lib/index.ts',
    '^myelin/(.*)$': '<rootDir>/lib/$1/index.ts',
  },
  transform: {
    '^.+\\.m?ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript', explicitResourceManagement: true } },
      },
    ],
  },
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.ts'],
};
