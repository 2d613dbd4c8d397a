// The hour: a slider, a play button and a step each way.

import { h, s } from "./dom.js";
import { timeMarks } from "./figures.js";
import { dayLong, hourOf, hours, momentLong, say } from "./format.js";
import { change, state, times } from "./state.js";
import { surgeMarks } from "./surges.js";

const ICONS = { play: "M4 2.5v11l9-5.5z", pause: "M4 3h3v10H4zM9 3h3v10H9z", back: "M10.5 3L5 8l5.5 5", forth: "M5.5 3L11 8l-5.5 5" };
let clock = 0;

function icon(name) {
  const isLine = name === "back" || name === "forth";
  return s("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true", class: isLine ? "drawn" : "filled" },
    s("path", { d: ICONS[name] }));
}

function pace() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 1200 : 420;
}

export function stopPlaying() {
  clearInterval(clock);
  change({ playing: false });
}

function startPlaying() {
  if (times.length < 2) return;
  if (state.t === times.length - 1) change({ t: 0 });
  change({ playing: true });
  clearInterval(clock);
  clock = setInterval(() => {
    if (state.t + 1 < times.length) change({ t: state.t + 1 });
    if (state.t === times.length - 1) stopPlaying();
  }, pace());
}

function dayMarks() {
  return timeMarks(8).map(({ t, text }) => {
    const mark = h("span", {}, text);
    mark.style.left = `${(100 * t) / Math.max(1, times.length - 1)}%`;
    return mark;
  });
}

export function mountTime() {
  const last = times.length - 1;
  const slider = h("input", {
    type: "range", id: "hour", min: 0, max: Math.max(0, last), step: 1, value: state.t,
    "aria-label": say("hour_slider"),
    oninput: () => { stopPlaying(); change({ t: Number(slider.value) }); },
  });
  const play = h("button", { type: "button", id: "play", class: "play", onclick: () => (state.playing ? stopPlaying() : startPlaying()) });
  const step = (by, name, label) => h("button", {
    type: "button", class: "step", "aria-label": label, title: label,
    onclick: () => { stopPlaying(); change({ t: Math.max(0, Math.min(last, state.t + by)) }); },
  }, icon(name));
  const day = h("span", { class: "date" });
  const hour = h("span", { class: "clock" });

  function update() {
    slider.value = state.t;
    slider.setAttribute("aria-valuetext", momentLong(times[state.t]));
    slider.style.setProperty("--done", `${(100 * state.t) / Math.max(1, last)}%`);
    day.textContent = dayLong(times[state.t]);
    hour.textContent = hours(times[state.t]);
    hour.dataset.hour = hourOf(times[state.t]);
    play.replaceChildren(icon(state.playing ? "pause" : "play"), say(state.playing ? "pause" : "play"));
  }
  update();
  const box = h("div", { class: "time" },
    h("div", { class: "moment", id: "moment" }, hour, day),
    h("div", { class: "buttons" }, step(-1, "back", say("hour_back")), play, step(1, "forth", say("hour_forth"))),
    h("div", { class: "track" }, slider, surgeMarks(), h("div", { class: "marks", "aria-hidden": "true" }, dayMarks())));
  return { box, update };
}
