// The exact accounting of delivered files: staged, quarantined with a reason, opted out.

import { badge, h } from "./dom.js";
import { periodMiddle, say, sayOr, whole } from "./format.js";

export function total(list, value) {
  return list.reduce((sum, item) => sum + value(item), 0);
}

export function quarantinedOf(file) {
  return total(Object.values(file.quarantined), (n) => n);
}

export function reasonsOf(files) {
  const all = {};
  for (const file of files) {
    for (const [reason, n] of Object.entries(file.quarantined)) all[reason] = (all[reason] ?? 0) + n;
  }
  return all;
}

function exactWords(n) {
  if (n === 0) return say("op_exact_yes");
  return say(n > 0 ? "op_exact_no" : "op_exact_over", { n: whole(Math.abs(n)) });
}

function reasonList(quarantined) {
  const reasons = Object.entries(quarantined).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return h("ul", { class: "reasons" }, reasons.map(([reason, n]) =>
    h("li", {}, sayOr(`reason_${reason}`, reason), " ", h("b", {}, whole(n)))));
}

// A table of the files given, their sum first.
export function accountsTable(files) {
  const number = (n) => h("td", { class: "number" }, whole(n));
  const line = (name, file, quarantined, missing, reasons, isTotal) => h("tr", { class: isTotal ? "total" : null },
    h("th", { scope: "row" }, name), h("td", {}, isTotal ? "" : periodMiddle(file.day)), number(file.n_delivered), number(file.n_staged), number(quarantined), number(file.n_opted_out),
    h("td", {}, badge(missing === 0 ? "open" : "closed", exactWords(missing))), h("td", {}, reasonList(reasons)));
  const sums = {
    n_delivered: total(files, (file) => file.n_delivered), n_staged: total(files, (file) => file.n_staged),
    n_opted_out: total(files, (file) => file.n_opted_out),
  };
  const faults = total(files, (file) => Math.abs(file.n_missing));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": say("op_files") }, h("table", { id: "files" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("op_file")), h("th", { scope: "col" }, say("day")),
      ["op_delivered", "op_staged", "op_quarantined", "op_opted_out"].map((key) => h("th", { scope: "col", class: "number" }, say(key))),
      h("th", { scope: "col" }, say("op_exact")), h("th", { scope: "col" }, say("op_reasons")))),
    h("tbody", {}, line(say("op_total"), sums, total(files, quarantinedOf), faults, reasonsOf(files), true),
      files.map((file) => line(h("code", {}, file.file), file, quarantinedOf(file), file.n_missing, file.quarantined, false)))));
}
