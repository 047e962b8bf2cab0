// How CMake is told to cross-compile for AArch64.
const target = [
  '-DCMAKE_SYSTEM_NAME=Linux',
  '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
  '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
];

/** Arguments that configure build-neon, which the C++ tests and the prebuilt binary share. */
export const configureNeon = (...options) => [
  '-S',
  '.',
  '-B',
  'build-neon',
  ...target,
  '-DCMAKE_BUILD_TYPE=Release',
  ...options,
];
