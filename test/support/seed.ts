// A failure must come back when it is looked for: no test draws numbers that nobody can draw again. The library is
// imported late, since some tests prepare what it finds when it loads.
beforeEach(async () => {
  const { seed } = await import('myelin');
  seed(1);
});
