// The day that the whole page is about: a slider, a step each way, and where something was wrong.

import { h, s } from "./dom.js";
import { periodLong, periodShort, say } from "./format.js";
import { data, set, shownState, today, worstOf } from "./quality_state.js";

const ARROWS = { back: "M10.5 3L5 8l5.5 5", forth: "M5.5 3L11 8l-5.5 5" };
const MARK = { stop: "✕", note: "!", fine: "" };

function dayWords(day) {
  return `${periodLong(day.day)}, ${say(`q_day_${worstOf(day)}`)}`;
}

export function mountDays() {
  const last = data.days.length - 1;
  const slider = h("input", {
    type: "range", id: "day", min: 0, max: last, step: 1, value: shownState.day, "aria-label": say("q_day_slider"),
    oninput: () => set({ day: Number(slider.value) }),
  });
  const step = (by, name, label) => h("button", {
    type: "button", class: "step", id: `day-${name}`, "aria-label": label, title: label,
    onclick: () => set({ day: Math.max(0, Math.min(last, shownState.day + by)) }),
  }, s("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true", class: "drawn" }, s("path", { d: ARROWS[name] })));
  const name = h("b", { id: "day-name" });
  const every = Math.max(1, Math.ceil(data.days.length / 14));
  const marks = h("div", { class: "day-marks", "aria-hidden": "true" }, data.days.map((day, i) => {
    const worst = worstOf(day);
    return h("span", { class: worst, style: { left: `${(100 * i) / Math.max(1, last)}%` } },
      h("i", {}, MARK[worst] || "·"), h("small", { class: i % every ? "unseen" : (last - i) % 2 ? "odd" : null }, periodShort(day.day)));
  }));

  function update() {
    slider.value = shownState.day;
    slider.setAttribute("aria-valuetext", dayWords(today()));
    slider.style.setProperty("--done", `${(100 * shownState.day) / Math.max(1, last)}%`);
    name.textContent = periodLong(today().day);
  }
  update();
  const box = h("div", { class: "daybar" }, h("div", { class: "inner" },
    h("div", { class: "chosen-day" }, step(-1, "back", say("q_day_back")), name, step(1, "forth", say("q_day_forth"))),
    h("div", { class: "track" }, slider, marks)));
  return { box, update };
}
