import { checkArray, checkObject, checkOption, checkWithin } from '../../ops/checks.js';
import { fail, show } from '../../tensor/errors.js';
import type { Metric } from './metric.js';

/** A rectangle by its corners: left, top, right, bottom. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** What a detector found in one image; the lists run in parallel. */
export interface Detections {
  readonly boxes: readonly Box[];
  readonly scores: readonly number[];
  readonly classes: readonly number[];
}

/** What there is in one image; the lists run in parallel. */
export interface Objects {
  readonly boxes: readonly Box[];
  readonly classes: readonly number[];
  /** Which boxes hold a crowd: what is found there counts neither for nor against. Default: none. */
  readonly crowd?: readonly boolean[];
}

/** What a {@link MeanAveragePrecision} tells besides its value. */
export interface PrecisionSummary {
  /** Mean over the thresholds 0.5, 0.55 … 0.95 of the overlap; also of small, medium and large objects. */
  readonly ap: number;
  readonly ap50: number;
  readonly ap75: number;
  readonly apSmall: number;
  readonly apMedium: number;
  readonly apLarge: number;
  /** Mean recall when at most 1, 10 or 100 detections of an image count. */
  readonly ar1: number;
  readonly ar10: number;
  readonly ar100: number;
  readonly arSmall: number;
  readonly arMedium: number;
  readonly arLarge: number;
}

// As NumPy's linspace has them, to the last bit: recalls are compared with these, and many are meant to be equal.
const linspace = (first: number, last: number, count: number): number[] => {
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : first + i * step));
};
const thresholds = linspace(0.5, 0.95, 10);
const recallPoints = linspace(0, 1, 101);
const sizes = { all: [0, 1e10], small: [0, 1024], medium: [1024, 9216], large: [9216, 1e10] } as const;
const limits = [1, 10, 100] as const;
type Size = keyof typeof sizes;

interface Found {
  readonly box: Box;
  readonly score: number;
}

interface Wanted {
  readonly box: Box;
  readonly crowd: boolean;
}

/** Detections and objects of one class in one image; detections are sorted, best first. */
interface ImageOfClass {
  readonly found: Found[];
  readonly wanted: Wanted[];
}

const areaOf = ([x1, y1, x2, y2]: Box): number => (x2 - x1) * (y2 - y1);

/** Intersection over union; of a crowd, how much of the detection lies in it. */
function overlap(found: Box, { box, crowd }: Wanted): number {
  const width = Math.min(found[2], box[2]) - Math.max(found[0], box[0]);
  const height = Math.min(found[3], box[3]) - Math.max(found[1], box[1]);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (crowd ? areaOf(found) : areaOf(found) + areaOf(box) - common);
}

/** What became of a detection: a hit, a miss, or neither. */
interface Verdict {
  readonly score: number;
  readonly hit: boolean;
  readonly counts: boolean;
}

/** Gives each detection the object that it overlaps most and that none before it has taken. */
function judge(
  { found, wanted }: ImageOfClass,
  overlaps: readonly number[][],
  threshold: number,
  size: Size,
): Verdict[] {
  const [low, high] = sizes[size];
  const outside = (box: Box): boolean => areaOf(box) < low || areaOf(box) > high;
  const ignored = wanted.map(({ box, crowd }) => crowd || outside(box));
  // Objects that count come first: one that does not is taken only where none of them will do.
  const order = [...wanted.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
  const taken = new Set<number>();
  return found.map(({ box, score }, i) => {
    let best = -1;
    let most = Math.min(threshold, 1 - 1e-10);
    for (const j of order) {
      if (taken.has(j) && !wanted[j]!.crowd) continue;
      if (best >= 0 && !ignored[best]! && ignored[j]!) break;
      if (overlaps[i]![j]! < most) continue;
      most = overlaps[i]![j]!;
      best = j;
    }
    if (best >= 0) taken.add(best);
    return { score, hit: best >= 0, counts: best >= 0 ? !ignored[best]! : !outside(box) };
  });
}

/** Precision at 101 recalls, averaged, and the highest recall; undefined when there is nothing to find. */
interface Curve {
  readonly precision: number;
  readonly recall: number;
}

function curveOf(
  images: readonly ImageOfClass[],
  verdicts: readonly (readonly Verdict[])[],
  size: Size,
): Curve | undefined {
  const [low, high] = sizes[size];
  const counts = ({ box, crowd }: Wanted): boolean => !crowd && areaOf(box) >= low && areaOf(box) <= high;
  const total = images.reduce((sum, { wanted }) => sum + wanted.filter(counts).length, 0);
  if (total === 0) return undefined;
  // Sorting is stable: of equal scores those of earlier images come first.
  const ranked = verdicts.flat().sort((a, b) => b.score - a.score);
  let hits = 0;
  let seen = 0;
  const points = ranked
    .filter(({ counts: used }) => used)
    .map(({ hit }) => {
      hits += Number(hit);
      return { recall: hits / total, precision: hits / ++seen };
    });
  // From right to left each precision is at least that of any higher recall.
  for (let i = points.length - 1; i > 0; i--) {
    points[i - 1]!.precision = Math.max(points[i - 1]!.precision, points[i]!.precision);
  }
  let at = 0;
  let sum = 0;
  for (const recall of recallPoints) {
    while (at < points.length && points[at]!.recall < recall) at++;
    sum += points[at]?.precision ?? 0;
  }
  return { precision: sum / recallPoints.length, recall: hits / total };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function checkLists(op: string, what: string, image: unknown, lists: readonly string[]): void {
  checkObject(op, what, image);
  const { boxes } = image as { readonly boxes: unknown };
  checkArray(op, `boxes of ${what}`, boxes);
  for (const name of lists) {
    const list: unknown = (image as Readonly<Record<string, unknown>>)[name];
    checkArray(op, `${name} of ${what}`, list);
    if ((list as readonly unknown[]).length === (boxes as readonly unknown[]).length) continue;
    fail('VALUE', op, `${what} have ${(list as readonly unknown[]).length} ${name} (need one for each box)`);
  }
  for (const box of boxes as readonly unknown[]) {
    if (Array.isArray(box) && box.length === 4 && box.every(Number.isFinite)) continue;
    fail('VALUE', op, `a box of ${what} is ${show(box)} (need [x1, y1, x2, y2])`);
  }
}

/** Average precision of detections, as the COCO challenge counts it. */
export class MeanAveragePrecision implements Metric<readonly Detections[], readonly Objects[]> {
  readonly name = 'meanAveragePrecision';
  /** By class, then by number of the image. */
  private classes = new Map<number, Map<number, ImageOfClass>>();
  private images = 0;
  private curves = new Map<string, readonly Curve[]>();

  reset(): void {
    this.classes = new Map();
    this.images = 0;
    this.curves = new Map();
  }

  /** Takes in one batch of images. */
  update(output: readonly Detections[], target: readonly Objects[]): void {
    checkArray(this.name, 'output', output);
    checkArray(this.name, 'target', target);
    if (output.length !== target.length) {
      fail('VALUE', this.name, `there are ${target.length} targets for ${output.length} images (need one for each)`);
    }
    for (const image of output) checkLists(this.name, 'detections', image, ['scores', 'classes']);
    for (const image of target) checkLists(this.name, 'objects', image, ['classes']);
    this.curves = new Map();
    output.forEach(({ boxes, scores, classes }, i) => {
      const image = this.images + i;
      const order = [...boxes.keys()].sort((a, b) => scores[b]! - scores[a]!);
      for (const k of order) this.place(classes[k]!, image).found.push({ box: boxes[k]!, score: scores[k]! });
      const wanted = target[i]!;
      wanted.boxes.forEach((box, k) =>
        this.place(wanted.classes[k]!, image).wanted.push({ box, crowd: wanted.crowd?.[k] ?? false }),
      );
    });
    this.images += output.length;
  }

  private place(label: number, image: number): ImageOfClass {
    const images = this.classes.get(label) ?? new Map<number, ImageOfClass>();
    this.classes.set(label, images);
    const place = images.get(image) ?? { found: [], wanted: [] };
    images.set(image, place);
    return place;
  }

  /** The mean over classes and over the thresholds 0.5, 0.55 … 0.95 of the overlap. */
  value(): number {
    return this.average('precision', 'all', 100);
  }

  /** The twelve numbers of the COCO challenge; NaN for sizes of which there are no objects. */
  summary(): PrecisionSummary {
    return {
      ap: this.value(),
      ap50: this.average('precision', 'all', 100, 0.5),
      ap75: this.average('precision', 'all', 100, 0.75),
      apSmall: this.average('precision', 'small', 100),
      apMedium: this.average('precision', 'medium', 100),
      apLarge: this.average('precision', 'large', 100),
      ar1: this.average('recall', 'all', 1),
      ar10: this.average('recall', 'all', 10),
      ar100: this.average('recall', 'all', 100),
      arSmall: this.average('recall', 'small', 100),
      arMedium: this.average('recall', 'medium', 100),
      arLarge: this.average('recall', 'large', 100),
    };
  }

  /**
   * Mean precision or recall over all classes that occur.
   *
   * @param size objects of which size count: all, those below 32², up to 96², or above
   * @param limit how many detections of an image and class count: 1, 10 or 100
   * @param threshold overlap from which a detection is right; default the mean over 0.5, 0.55 … 0.95
   */
  average(what: 'precision' | 'recall', size: Size, limit: 1 | 10 | 100, threshold?: number): number {
    checkOption(this.name, 'what', what, ['precision', 'recall']);
    checkOption(this.name, 'size', size, Object.keys(sizes));
    checkWithin(this.name, 'limit', limit, 1, limits.at(-1)!);
    const at =
      threshold === undefined
        ? thresholds
        : [thresholds.find((known) => Math.abs(known - threshold) < 1e-9) ?? threshold];
    return meanOf(at.flatMap((overlapped) => this.curvesOf(size, limit, overlapped).map((curve) => curve[what])));
  }

  private curvesOf(size: Size, limit: number, threshold: number): readonly Curve[] {
    const key = `${size} ${limit} ${threshold}`;
    let curves = this.curves.get(key);
    if (curves === undefined) {
      curves = [...this.classes.values()].flatMap((places) =>
        this.curveOf([...places.values()], size, limit, threshold),
      );
      this.curves.set(key, curves);
    }
    return curves;
  }

  private curveOf(places: readonly ImageOfClass[], size: Size, limit: number, threshold: number): readonly Curve[] {
    const images = places.map(({ found, wanted }) => ({ found: found.slice(0, limit), wanted }));
    const verdicts = images.map((image) =>
      judge(
        image,
        image.found.map(({ box }) => image.wanted.map((wanted) => overlap(box, wanted))),
        threshold,
        size,
      ),
    );
    const curve = curveOf(images, verdicts, size);
    return curve === undefined ? [] : [curve];
  }
}

/**
 * Average precision of object detection, as the COCO challenge counts it: precision at 101 recalls, averaged over classes and
 * over the overlaps 0.5, 0.55 … 0.95 from which a detection is right. `summary()` gives the challenge's twelve numbers.
 *
 * `update` takes a list of images: what was found, `{ boxes, scores, classes }`, and what there is, `{ boxes, classes, crowd }`.
 * Boxes are [x1, y1, x2, y2], classes are whole numbers.
 *
 * @throws MyelinError `TYPE`, `VALUE` for lists that do not belong together
 *
 * Source: Lin et al. 2014, «Microsoft COCO: Common Objects in Context», and the challenge's page on detection evaluation.
 * @example
 * ```ts
 * import { meanAveragePrecision } from 'myelin';
 * const metric = meanAveragePrecision();
 * metric.update(
 *   [{ boxes: [[0, 0, 10, 10]], scores: [0.9], classes: [1] }],
 *   [{ boxes: [[0, 0, 10, 8]], classes: [1] }],
 * );
 * console.log(metric.value().toFixed(2), metric.summary().ap75); // 0.70 1
 * ```
 */
export function meanAveragePrecision(): MeanAveragePrecision {
  return new MeanAveragePrecision();
}
