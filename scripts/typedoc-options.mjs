// A plugin of typedoc for how docstrings are written here.
import { Converter, ReflectionKind } from 'typedoc';

export function load(app) {
  // Options taken apart in a parameter list, `({ axis = -1 } = {})`, have no name of their own. In this library it is
  // `options`, and docstrings speak of `options.axis`.
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, (_, parameter) => {
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  });
  // All public names are exports of one package, so a docstring may link to any of them, whatever its file imports.
  app.converter.addUnknownSymbolResolver((reference, from) => {
    const [first, ...rest] = reference.symbolReference?.path ?? [];
    if (first === undefined || rest.length > 0) return undefined;
    const isNamed = (reflection) => reflection.name === first.path && reflection.parent?.kindOf(ReflectionKind.Module);
    return { target: Object.values(from.project.reflections).find(isNamed) };
  });
}
