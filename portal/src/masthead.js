// The head of the operator's pages: title, what page this is, the way to the other, the language.

import { h, s } from "./dom.js";

function languageButtons(code, redraw) {
  return h("div", { class: "languages", role: "group", "aria-label": "Language / Taal" },
    [["en", "English"], ["nl", "Nederlands"]].map(([each, name]) => h("button", {
      type: "button", lang: each, id: `lang-${each}`, "aria-pressed": String(code === each), "aria-label": name,
      onclick: () => { redraw(each); document.getElementById(`lang-${each}`).focus(); },
    }, each.toUpperCase())));
}

// `link`: the other page and its name, or null; `redraw(code)` draws the page in that language.
export function masthead(title, subtitle, link, code, redraw) {
  return h("header", { class: "top operator" }, h("div", { class: "inner" },
    s("svg", { width: 34, height: 34, viewBox: "0 0 32 32", "aria-hidden": "true", class: "mark" },
      s("rect", { width: 32, height: 32, rx: 6 }), s("path", { d: "M9 6v20M9 8h6M9 14h9M9 20h6M9 26h9" }), s("circle", { cx: 23, cy: 14, r: 3 })),
    h("div", { class: "titles" }, h("h1", {}, title), h("p", {}, subtitle),
      link ? h("p", { class: "other" }, h("a", { id: "other-page", href: `${link.href}#lang=${code}` }, link.text)) : null),
    languageButtons(code, redraw)));
}
