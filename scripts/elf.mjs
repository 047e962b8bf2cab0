// Reads what a shared library asks of a system and offers to it, from its dynamic symbols: no binutils needed, and any
// architecture's files can be read. Layouts: System V ABI, chapter 4, and the Linux Standard Base on symbol versions.

const shtDynsym = 11;
const shtGnuVerneed = 0x6ffffffe;
const shtGnuVersym = 0x6fffffff;
const machines = { 62: 'x64', 183: 'arm64' };

/** { machine, needs: [{ symbol, version, file }], exports: [name] } of a 64-bit little-endian ELF file. */
export function readElf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) throw new Error('is no 64-bit ELF file');
  const u16 = (at) => view.getUint16(at, true);
  const u32 = (at) => view.getUint32(at, true);
  const u64 = (at) => Number(view.getBigUint64(at, true));
  const string = (table, offset) => {
    const start = table.offset + offset;
    return bytes.subarray(start, bytes.indexOf(0, start)).toString('latin1');
  };

  const [tableAt, entrySize, count] = [u64(0x28), u16(0x3a), u16(0x3c)];
  const sections = Array.from({ length: count }, (_, i) => {
    const at = tableAt + i * entrySize;
    return { type: u32(at + 4), offset: u64(at + 24), size: u64(at + 32), link: u32(at + 40), info: u32(at + 44) };
  });
  const section = (type) => sections.find((found) => found.type === type);
  const symbols = section(shtDynsym);
  const versionOf = section(shtGnuVersym);
  const names = sections[symbols.link];

  // Version index → the version and the library it is asked of.
  const versions = new Map();
  const needed = section(shtGnuVerneed);
  for (let i = 0, at = needed?.offset; i < (needed?.info ?? 0); i++) {
    const file = string(names, u32(at + 4));
    for (let j = 0, entry = at + u32(at + 8); j < u16(at + 2); j++) {
      versions.set(u16(entry + 6) & 0x7fff, { version: string(names, u32(entry + 8)), file });
      entry += u32(entry + 12);
    }
    at += u32(at + 12);
  }

  const needs = [];
  const exports = [];
  for (let i = 1; i < symbols.size / 24; i++) {
    const at = symbols.offset + i * 24;
    const isLocal = bytes[at + 4] >> 4 === 0;
    if (isLocal) continue;
    const symbol = string(names, u32(at));
    if (u16(at + 6) !== 0) exports.push(symbol);
    else needs.push({ symbol, ...versions.get(u16(versionOf.offset + 2 * i) & 0x7fff) });
  }
  return { machine: machines[u16(18)] ?? `machine ${u16(18)}`, needs, exports };
}
