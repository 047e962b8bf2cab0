// A plugin of typedoc: options taken apart in a parameter list, `({ axis = -1 } = {})`, have no name of their own. In this
// library it is `options`, and docstrings speak of `options.axis`.
import { Converter } from 'typedoc';

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_PARAMETER, (_, parameter) => {
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  });
}
