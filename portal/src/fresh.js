// A page that is served looks again for a newer one; opened from disk it stays as it is.

import { hasOutlook, newest } from "./outlook.js";
import { data, forgetHour, state } from "./state.js";

const REST_MS = 20_000; // nobody is interrupted who has just done something

export function keepFresh() {
  if (!hasOutlook || !location.protocol.startsWith("http")) return;
  const every = 1000 * data.outlook.reload_s;
  let touched = -Infinity;
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(kind, () => { touched = performance.now(); }, { passive: true });
  }
  setInterval(() => {
    if (document.hidden || state.playing || performance.now() - touched < Math.min(REST_MS, every)) return;
    if (state.t === newest) forgetHour(); // who looks at the newest hour is shown the next one
    location.reload();
  }, every);
}
