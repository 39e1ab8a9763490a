/** Elements that a page's HTML promises. */

/** Throws where the page and its script do not fit together: a fault of the build, never of a visitor. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new TypeError(`the page has no ${type.name} #${id}`);
  }
  return found;
}
