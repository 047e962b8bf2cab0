const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Number of bytes in a text such as `2GiB`, `1.5 GB` or `1000`; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = 'B'] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B)?\s*$/i.exec(text) ?? [];
  const size = units[unit.toUpperCase()];
  return number === undefined || size === undefined ? undefined : Math.floor(Number(number) * size);
}

/** A number of bytes as people read it: `1.5 GiB`. */
export function showBytes(bytes: number): string {
  const steps = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
  let step = 0;
  let value = bytes;
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024;
    step++;
  }
  return `${step === 0 ? value : value.toFixed(1)} ${steps[step]!}`;
}
