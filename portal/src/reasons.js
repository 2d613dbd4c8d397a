// Rows set aside, by reason: one small chart a reason, share of the day's delivered rows.

import { reasonsOf, total } from "./accounts.js";
import { h, onWidth, s, table, tableBehind } from "./dom.js";
import { percent, periodMiddle, periodShort, say, sayOr, whole } from "./format.js";
import { data, set, shownState, today } from "./quality_state.js";

const HEIGHT = 74;

const perDay = data.days.map((day) => ({
  rows: total(day.files, (file) => file.n_delivered), reasons: reasonsOf(day.files),
}));
const reasons = [...new Set(perDay.flatMap((day) => Object.keys(day.reasons)))]
  .sort((a, b) => total(perDay, (day) => day.reasons[b] ?? 0) - total(perDay, (day) => day.reasons[a] ?? 0) || (a < b ? -1 : 1));

function shareOf(day, reason) {
  return day.rows ? (day.reasons[reason] ?? 0) / day.rows : null;
}

function digits(share) {
  return share >= 0.1 ? 0 : share >= 0.01 ? 1 : share >= 0.001 ? 2 : 3;
}

function shareWords(share) {
  return share === null ? "–" : percent(share, digits(share));
}

function chart(reason) {
  const value = h("b");
  const picture = h("div", { class: "bars-over-time" });
  const shares = perDay.map((day) => shareOf(day, reason));
  const most = d3.max(shares) || 1;
  let bars = [];
  onWidth(picture, (width) => {
    const wide = width / shares.length;
    const y = d3.scaleLinear([0, most], [HEIGHT - 16, 14]);
    bars = shares.map((share, i) => s("g", { class: "day-bar", onclick: () => set({ day: i }) },
      s("rect", { class: "room", x: i * wide, width: wide, y: 14, height: HEIGHT - 30 }),
      share === null ? s("text", { class: "gap", x: (i + 0.5) * wide, y: HEIGHT - 20, "text-anchor": "middle" }, "×")
        : s("rect", { class: "bar-of-day", x: i * wide + 1, width: Math.max(1, wide - 2), y: y(share), height: Math.max(share > 0 ? 1 : 0, HEIGHT - 16 - y(share)) })));
    const last = shares.length - 1;
    picture.replaceChildren(s("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img",
      "aria-label": say("q_reason_label", { reason: sayOr(`reason_${reason}`, reason), most: shareWords(most) }) },
    s("line", { class: "most", x1: 0, x2: width, y1: 14, y2: 14 }), s("text", { class: "most", x: width, y: 10, "text-anchor": "end" }, say("q_most", { share: shareWords(most) })),
    bars, s("line", { class: "floor", x1: 0, x2: width, y1: HEIGHT - 15.5, y2: HEIGHT - 15.5 }),
    s("text", { class: "ends", x: 0, y: HEIGHT - 3 }, periodShort(data.days[0].day)),
    last ? s("text", { class: "ends", x: width, y: HEIGHT - 3, "text-anchor": "end" }, periodShort(data.days[last].day)) : null));
    mark();
  });
  function mark() {
    bars.forEach((bar, i) => bar.classList.toggle("chosen", i === shownState.day));
    value.textContent = shareWords(shares[shownState.day]);
  }
  mark();
  return { box: h("div", { class: "reason", "data-reason": reason }, h("h3", {}, h("span", {}, sayOr(`reason_${reason}`, reason)), value), picture), mark };
}

export function mountReasons() {
  const charts = reasons.map(chart);
  const head = h("p", { class: "lead", id: "reasons-lead" });
  const behind = tableBehind(say("q_reasons_table"), () => table(say("q_reasons"),
    [say("day"), `#${say("op_delivered")}`, ...reasons.map((reason) => `#${sayOr(`reason_${reason}`, reason)}`)],
    data.days.map((day, i) => [periodMiddle(day.day), whole(perDay[i].rows), ...reasons.map((reason) => whole(perDay[i].reasons[reason] ?? 0))])));
  function update() {
    const rows = perDay[shownState.day].rows;
    const aside = d3.sum(Object.values(perDay[shownState.day].reasons));
    head.textContent = rows ? say("q_reasons_lead", { day: periodMiddle(today().day), n: whole(aside), rows: whole(rows), share: shareWords(aside / rows) }) : say("q_no_files");
    for (const each of charts) each.mark();
  }
  update();
  return {
    box: h("section", { class: "card", "aria-label": say("q_reasons") }, h("h2", {}, say("q_reasons")), head,
      reasons.length ? h("div", { class: "small-multiples", id: "reasons" }, charts.map((each) => each.box)) : null, reasons.length ? behind.box : null),
    update,
  };
}
