import { describe, fail, show } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';

/** An einsum expression after parsing: one label for each axis of each operand, and those of the result. */
export interface Expression {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

const ellipsis = '...';

function refuse(equation: string, need: string): never {
  fail('VALUE', 'einsum', `the expression ${show(equation)} ${need}`, { equation });
}

/** Letters of one term; the ellipsis is one label of its own. */
function labelsOf(equation: string, term: string): string[] {
  const labels = [...term.matchAll(/\.\.\.|[^]/g)].map(([label]) => label);
  for (const label of labels) {
    if (label === ellipsis || /^[a-zA-Z]$/.test(label)) continue;
    refuse(equation, `holds ${show(label)} in the term ${show(term)} (need letters, commas, one "->" and "...")`);
  }
  if (labels.filter((label) => label === ellipsis).length > 1) {
    refuse(equation, `has two ellipses in the term ${show(term)} (need at most one in each)`);
  }
  return labels;
}

/** Replaces the ellipsis by labels of the axes that it stands for, counted from the last. */
function spread(labels: readonly string[], covered: number): string[] {
  return labels.flatMap((label) =>
    label === ellipsis ? Array.from({ length: covered }, (_, i) => `${ellipsis}${covered - i}`) : [label],
  );
}

function coveredAxes(equation: string, labels: readonly string[], x: Tensor, i: number): number {
  const named = labels.filter((label) => label !== ellipsis).length;
  const open = named < labels.length;
  if (open ? x.rank < named : x.rank !== named) {
    const need = `need ${open ? 'at least ' : ''}${named} axes for ${show(labels.join(''))}`;
    fail('SHAPE', 'einsum', `operand ${i} is ${describe(x)} (${need})`, { equation, operand: i, shape: x.shape });
  }
  return x.rank - named;
}

/** Without "->" the result has the ellipsis first, then the letters that occur once, in alphabetical order. */
function implicitOutput(terms: readonly (readonly string[])[]): string[] {
  const all = terms.flat();
  const once = all.filter((label) => label !== ellipsis && all.indexOf(label) === all.lastIndexOf(label));
  return [...(all.includes(ellipsis) ? [ellipsis] : []), ...once.sort((a, b) => (a < b ? -1 : 1))];
}

function explicitOutput(equation: string, text: string, terms: readonly (readonly string[])[]): string[] {
  const output = labelsOf(equation, text);
  output.forEach((label, i) => {
    if (output.indexOf(label) < i) refuse(equation, `names ${show(label)} twice in its result (need each once)`);
    if (!terms.some((term) => term.includes(label))) {
      refuse(equation, `has ${show(label)} in its result but in no operand`);
    }
  });
  return output;
}

/** Parses an expression for operands of known shapes; says what is wrong with it. */
export function parse(equation: unknown, operands: readonly Tensor[]): Expression {
  if (typeof equation !== 'string') {
    fail('TYPE', 'einsum', `the expression is ${show(equation)} (need a string such as "ij,jk->ik")`);
  }
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  if (more.length > 0) refuse(equation, 'has more than one "->"');
  const terms = left!.split(',').map((term) => labelsOf(equation, term));
  if (terms.length !== operands.length) {
    refuse(equation, `names ${terms.length} operands, ${operands.length} were given`);
  }
  const covered = terms.map((labels, i) => coveredAxes(equation, labels, operands[i]!, i));
  const output = right === undefined ? implicitOutput(terms) : explicitOutput(equation, right, terms);
  return {
    operands: terms.map((labels, i) => spread(labels, covered[i]!)),
    output: spread(output, Math.max(0, ...terms.map((term, i) => (term.includes(ellipsis) ? covered[i]! : 0)))),
  };
}

function checkDiagonals(equation: string, labels: readonly string[], x: Tensor, i: number): void {
  labels.forEach((label, axis) => {
    const first = labels.indexOf(label);
    if (x.shape[first] === x.shape[axis]) return;
    fail('SHAPE', 'einsum', `operand ${i} is ${describe(x)} (need equal extents where ${show(label)} is repeated)`, {
      equation,
      operand: i,
      shape: x.shape,
    });
  });
}

/** The extent that each label stands for; an extent of 1 repeats to that of the others. */
export function extentsOf(equation: string, labels: Expression['operands'], operands: readonly Tensor[]) {
  const extents = new Map<string, number>();
  labels.forEach((list, i) => {
    checkDiagonals(equation, list, operands[i]!, i);
    list.forEach((label, axis) => {
      const extent = operands[i]!.shape[axis]!;
      const known = extents.get(label) ?? 1;
      if (known !== 1 && extent !== 1 && extent !== known) {
        const name = show(label.slice(0, 3));
        const given = operands.map(describe).join(', ');
        fail('SHAPE', 'einsum', `${name} of ${show(equation)} has extents ${known} and ${extent} in ${given}`, {
          equation,
          extents: [known, extent],
        });
      }
      extents.set(label, known === 1 ? extent : known);
    });
  });
  return extents;
}
