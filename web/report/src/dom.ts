type Child = Node | string | null | undefined | false;

/** An element with attributes and children; text is always text, never markup. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  for (const child of children) if (child) node.append(child);
  return node;
}

/** A table in a box that scrolls inside itself; figures stand right, words left. */
export function table(head: string[], rows: string[][], label: string, words: number[] = [0]): HTMLElement {
  const kind = (i: number) => (words.includes(i) ? "text" : "figure");
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    el("table", {},
      el("thead", {}, el("tr", {}, ...head.map((h, i) => el("th", { scope: "col", class: kind(i) }, h)))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, i) => el("td", { class: kind(i) }, cell)))))));
}
