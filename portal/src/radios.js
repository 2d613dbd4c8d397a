// A group of radio buttons over one part of the state; several groups may show the same part.

import { h } from "./dom.js";
import { change, state } from "./state.js";

let nGroups = 0;

// `options`: pairs of value and words. The group reads `state[part]` again on `update()`.
export function radios(part, legend, options) {
  nGroups += 1;
  const inputs = options.map(([value]) => h("input", {
    type: "radio", name: `${part}-${nGroups}`, value, "data-part": part, checked: state[part] === value,
    onchange: () => change({ [part]: value }),
  }));
  const box = h("fieldset", { class: "measures" }, h("legend", { class: "unseen" }, legend),
    options.map(([, words], i) => h("label", {}, inputs[i], h("span", {}, words))));
  return { box, update() { for (const input of inputs) input.checked = state[part] === input.value; } };
}
