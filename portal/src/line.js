// The chosen zone over the whole period: line, interval band, night shaded, hour marked.

import { crosses, h, hatch, onWidth, s, table, tableBehind } from "./dom.js";
import { entry, isNight, timeMarks, zoneById } from "./figures.js";
import { dayMiddle, hours, say, short, whole } from "./format.js";
import { aheadTimes, bandAt, hasOutlook } from "./outlook.js";
import { intervalWords, noNumberWords, unitWords } from "./sentences.js";
import { change, data, state, times } from "./state.js";

const MARGIN = { top: 10, right: 10, bottom: 24, left: 46 };
const HEIGHT = 224;

// Runs of hours for which `holds` is true, as [first, last].
function runs(holds) {
  const found = [];
  for (let t = 0; t < times.length; t += 1) {
    if (!holds(t)) continue;
    if (found.length && found.at(-1)[1] === t - 1) found.at(-1)[1] = t;
    else found.push([t, t]);
  }
  return found;
}

function stripes(x, list, className, fill) {
  return list.map(([first, last]) => s("rect", {
    class: className, fill, x: x(first - 0.5), width: x(last + 0.5) - x(first - 0.5),
    y: MARGIN.top, height: HEIGHT - MARGIN.top - MARGIN.bottom,
  }));
}

function dayAxis(x, width) {
  const marks = timeMarks(Math.max(1, Math.floor((width - MARGIN.left - MARGIN.right) / 40)));
  return marks.map(({ t, text }) => s("g", { class: "axis" },
    s("line", { x1: x(t - 0.5), x2: x(t - 0.5), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom + 18 }),
    s("text", { x: x(t - 0.5) + 5, y: HEIGHT - 8 }, text)));
}

function valueAxis(y, width) {
  return y.ticks(4).map((value) => s("g", { class: "axis" },
    s("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
    s("text", { x: MARGIN.left - 7, y: y(value) + 4, "text-anchor": "end" }, short(value))));
}

export function mountLine() {
  const box = h("div", { class: "line", id: "line" });
  const key = h("div", { class: "line-key" });
  let marker = null;
  let width = 0;

  function draw() {
    const zone = zoneById.get(state.zone);
    if (!zone || !width) return;
    const all = times.map((_, t) => entry(zone, t));
    const has = (t) => all[t].value !== null;
    const hasBand = (t) => has(t) && all[t].lower !== null && all[t].upper !== null;
    const moments = [...times, ...aheadTimes];
    const normal = hasOutlook ? moments.map((time) => bandAt(zone, time)) : [];
    const x = d3.scaleLinear([-0.5, moments.length - 0.5], [MARGIN.left, width - MARGIN.right]);
    const most = d3.max([...all.map((now) => now.upper ?? now.value), ...normal.map((one) => one?.q975)]) || 1;
    const y = d3.scaleLinear([0, most], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
    const band = d3.area().defined((_, i) => hasBand(i)).x((_, i) => x(i)).y0((now) => y(now.lower)).y1((now) => y(now.upper));
    const line = d3.line().defined((_, i) => has(i)).x((_, i) => x(i)).y((now) => y(now.value));
    const between = (low, high) => d3.area().defined(Boolean).x((_, i) => x(i)).y0((one) => y(one[low])).y1((one) => y(one[high]));
    const middle = d3.line().defined((one, i) => one && i >= times.length).x((_, i) => x(i)).y((one) => one && y(one.q500));
    const lonely = d3.range(times.length).filter((i) => has(i) && !(i > 0 && has(i - 1)) && !(i + 1 < times.length && has(i + 1)));
    marker = s("g", { class: "marker" },
      s("line", { y1: MARGIN.top - 4, y2: HEIGHT - MARGIN.bottom }), s("circle", { r: 5 }));
    const toHour = (event) => {
      const [at] = d3.pointer(event, picture);
      change({ t: Math.max(0, Math.min(times.length - 1, Math.round(x.invert(at)))) });
    };
    const picture = s("svg", {
      width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img",
      "aria-label": say("line_label", { zone: zone.name, level: data.interval.level }),
      onpointerdown: (event) => { picture.setPointerCapture(event.pointerId); toHour(event); },
      onpointermove: (event) => { if (event.buttons) toHour(event); },
    },
    s("defs", {}, hatch("line-hatch"), crosses("line-crosses")),
    stripes(x, runs(isNight), "night", "#eaeef4"),
    any(all, "F") ? valueAxis(y, width) : [],
    normal.some(Boolean) ? [s("path", { class: "normal-95", d: between("q025", "q975")(normal) }),
      s("path", { class: "normal-80", d: between("q100", "q900")(normal) }), s("path", { class: "ahead", d: middle(normal) })] : [],
    stripes(x, runs((i) => all[i].status === "C"), "withheld", "url(#line-hatch)"),
    stripes(x, runs((i) => all[i].status === "L"), "unobserved", "url(#line-crosses)"),
    dayAxis(x, width),
    s("path", { class: "band", d: band(all) }),
    s("path", { class: "curve", d: line(all) }),
    lonely.map((i) => s("circle", { class: "dot", r: 2, cx: x(i), cy: y(all[i].value) })),
    marker);
    marker.place = () => {
      const now = all[state.t];
      const [rule, dot] = marker.children;
      rule.setAttribute("x1", x(state.t));
      rule.setAttribute("x2", x(state.t));
      dot.setAttribute("display", now.value === null ? "none" : "inline");
      dot.setAttribute("cx", x(state.t));
      dot.setAttribute("cy", now.value === null ? 0 : y(now.value));
    };
    box.replaceChildren(picture);
    marker.place();
    key.replaceChildren(...keyItems(all, normal));
  }

  const behind = tableBehind(say("line_table"), () => {
    const zone = zoneById.get(state.zone);
    const isOutlook = hasOutlook && [...times, ...aheadTimes].some((time) => bandAt(zone, time));
    const row = (time, now) => [dayMiddle(time), hours(time), now === null ? say("not_yet") : now.value === null ? noNumberWords(now) : whole(now.value),
      now === null || now.value === null ? "" : intervalWords(now), ...(isOutlook ? [normalWords(zone, time)] : [])];
    return table(zone.name, [say("day"), say("hour"), `#${unitWords()}`, say("interval"), ...(isOutlook ? [say("normal_column")] : [])],
      [...times.map((time, t) => row(time, entry(zone, t))), ...(isOutlook ? aheadTimes.map((time) => row(time, null)) : [])]);
  });
  onWidth(box, (now) => { width = now; draw(); });
  return {
    box, key, table: behind.box,
    update(changed) {
      if (changed.has("zone")) {
        draw();
        behind.refill();
      } else if (marker && changed.has("t")) marker.place();
    },
  };
}

function normalWords(zone, time) {
  const band = bandAt(zone, time);
  return band ? say("from_to", { lower: whole(band.q025), upper: whole(band.q975) }) : "–";
}

function any(all, status) {
  return all.some((now) => now.status === status);
}

function keyItems(all, normal) {
  const sign = (className, ...shapes) => s("svg", { width: 22, height: 12, class: className, "aria-hidden": "true" }, ...shapes);
  const items = [];
  if (any(all, "F")) {
    items.push(h("span", {}, sign("", s("line", { class: "curve", x1: 1, x2: 21, y1: 6, y2: 6 })), unitWords()));
    if (all.some((now) => now.lower !== null)) {
      items.push(h("span", {}, sign("", s("rect", { class: "band", width: 22, height: 12 })),
        say("band_key", { level: data.interval.level })));
    }
  }
  if (normal.some(Boolean)) {
    items.push(h("span", {}, sign("", s("rect", { class: "normal-95", width: 22, height: 12 }), s("rect", { class: "normal-80", y: 3, width: 22, height: 6 })), say("normal_key")));
  }
  if (normal.slice(times.length).some(Boolean)) {
    items.push(h("span", {}, sign("", s("line", { class: "ahead", x1: 1, x2: 21, y1: 6, y2: 6 })), say("ahead_key", { n: aheadTimes.length })));
  }
  items.push(h("span", {}, sign("", s("rect", { class: "night", fill: "#dfe5ee", width: 22, height: 12 })), say("night_key",
    { start: data.night_hours[0], end: data.night_hours[1] })));
  if (any(all, "C")) {
    items.push(h("span", {}, sign("", s("defs", {}, hatch("line-key-hatch")),
      s("rect", { fill: "url(#line-key-hatch)", width: 22, height: 12 })), say("withheld")));
  }
  if (any(all, "L")) {
    items.push(h("span", {}, sign("", s("defs", {}, crosses("line-key-crosses")),
      s("rect", { fill: "url(#line-key-crosses)", width: 22, height: 12 })), say("not_observed")));
  }
  return items;
}
