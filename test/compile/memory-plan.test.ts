import { planMemory, type Lifetime } from '../../lib/compile/memory-plan';
import { Random } from '../support/reference';

function randomLives(random: Random): Lifetime[] {
  const whole = (low: number, high: number): number => Math.floor(random.between(low, high));
  return Array.from({ length: whole(0, 60) }, () => {
    const first = whole(0, 40);
    return { bytes: whole(0, 4) === 0 ? 0 : whole(1, 5_000), first, last: first + whole(0, 12) };
  });
}

const together = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

test('what lives at the same time never overlaps, and all lies aligned inside the block', () => {
  for (let round = 0; round < 300; round++) {
    const lives = randomLives(new Random(round));
    const { offsets, bytes } = planMemory(lives);
    lives.forEach((a, i) => {
      expect(offsets[i]! % 64).toBe(0);
      expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
      for (let j = 0; j < i; j++) {
        const b = lives[j]!;
        if (!together(a, b) || a.bytes === 0 || b.bytes === 0) continue;
        const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!;
        if (!apart) throw new Error(`round ${round}: ${i} and ${j} overlap`);
      }
    });
  }
});

test('memory is used again: a chain needs room for two', () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 640, first: i, last: i + 1 }));
  expect(planMemory(chain).bytes).toBe(1280);
});
