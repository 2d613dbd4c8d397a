// The privacy statement, in plain words: what protects people, and what is not claimed.

import { h } from "./dom.js";
import { free, unreleased, withheld } from "./figures.js";
import { percent, say, sayOr, textOf, whole } from "./format.js";
import { withheldShareOf } from "./pairs.js";
import { data } from "./state.js";

function fact(term, value, more = null) {
  return h("div", { class: "fact" }, h("dt", {}, term), h("dd", {}, h("b", {}, value), more ? h("small", {}, more) : null));
}

// The few marks of the written statement: headings, lists with wrapped lines, paragraphs.
function prose(text) {
  const parts = [];
  for (const line of text.split("\n").map((each) => each.trim()).filter(Boolean)) {
    const last = parts.at(-1);
    if (line.startsWith("#")) parts.push({ tag: "h3", words: line.replace(/^#+\s*/, "") });
    else if (line.startsWith("- ")) parts.push({ tag: "li", words: line.slice(2) });
    else if (last && last.tag !== "h3") last.words += ` ${line}`;
    else parts.push({ tag: "p", words: line });
  }
  return d3.groups(parts, (part) => (part.tag === "li" ? "list" : part)).flatMap(([kind, list]) => (kind === "list"
    ? h("ul", { class: "list" }, list.map((part) => h("li", {}, part.words)))
    : list.map((part) => h(part.tag, {}, part.words))));
}

// What is withheld of the products that follow devices stands beside what is withheld of presence.
function withheldWords(all) {
  const of = say("withheld_of", { n: whole(withheld), all: whole(all) });
  if (!data.flows && !data.visitors) return of;
  const share = (name, n) => (data[name] ? percent(withheldShareOf(data[name], n)) : "–");
  return say("withheld_of_products", {
    flows: share("flows", data.flows ? data.flows.zone_ids.length ** 2 : 0), visitors: share("visitors", 0), of });
}

export function privacy() {
  const all = free + withheld + unreleased;
  const notClaimed = ["not_claimed_others", "not_claimed_devices", "not_claimed_series"];
  return [
    h("section", { class: "card" },
      h("h2", {}, say("privacy_title")),
      h("dl", { class: "facts" },
        fact(say("threshold"), whole(data.threshold), say(data.threshold >= 15 ? "threshold_why" : "threshold_synthetic")),
        fact(say("tier"), sayOr(`tier_${data.tier}`, data.tier), sayOr(`tier_${data.tier}_why`, "")),
        fact(say("withheld_share"), all ? percent(withheld / all) : "–", withheldWords(all)),
        fact(say("finest"), say("finest_is"), say("finest_why"))),
      h("div", { class: "prose" }, data.statement.map((paragraph) => h("section", {}, prose(textOf(paragraph)))))),
    h("div", { class: "pairs" },
      h("section", { class: "card" }, h("h2", {}, say("not_claimed")),
        h("ul", { class: "list no" }, notClaimed.map((key) => h("li", {}, say(key))))),
      h("section", { class: "card" }, h("h2", {}, say("use_limits")),
        h("ul", { class: "list" }, [...data.limits.map(textOf), say("limit_persons"), say("limit_provisional")]
          .map((text) => h("li", {}, text)))),
      h("section", { class: "card" }, h("h2", {}, say("recipients")),
        h("ul", { class: "list" }, data.recipients.map((name) => h("li", {}, name)))),
      h("section", { class: "card" }, h("h2", {}, say("contact")),
        h("p", {}, say("contact_why")), h("p", {}, h("b", {}, data.contact)))),
  ];
}
