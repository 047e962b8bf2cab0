// A failure must come back when it is looked for: no test draws numbers that nobody can draw again. The library is
// imported late, since some tests prepare what it finds when it loads.
let first = true;
beforeEach(async () => {
  const { memory, seed } = await import('myelin');
  seed(1);
  // Test files of one worker share the addon: what the last one left behind must not vanish while this one counts.
  if (first) memory({ collect: true });
  first = false;
});
