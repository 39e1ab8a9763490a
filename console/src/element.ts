/** Finds an element of the page's HTML. Throws if it is missing, which is a bug of the page. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new TypeError(`the page has no ${type.name} #${id}`);
  }
  return found;
}
