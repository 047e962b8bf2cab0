// Run in a project that has installed the package: every entry by `require` and by `import` gives the same objects, under
// their own names.
const assert = require('node:assert/strict');

const { exports: entries } = require('myelin/package.json');

async function main() {
  const main = require('myelin');
  for (const entry of Object.keys(entries).filter((name) => name !== './package.json')) {
    const name = `myelin${entry.slice(1)}`;
    const required = require(name);
    const imported = await import(name);
    const keys = Object.keys(required);
    assert(keys.length > 0, `${name} exports nothing`);
    for (const key of keys) {
      assert.equal(imported[key], required[key], `${name}: import and require differ in ${key}`);
      assert.equal(main[key], required[key], `${name}: ${key} is not the main entry's`);
    }
    console.log(`ok ${name}`);
  }
  for (const [key, value] of Object.entries(main)) {
    if (typeof value === 'function' && /^class /.test(Function.prototype.toString.call(value)))
      assert.match(key, new RegExp(`^${value.name.replace(/Tensor$/, '')}`));
  }
}
void main();
