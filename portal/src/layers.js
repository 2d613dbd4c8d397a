// How each kind of layer is drawn: shapes that can be walked through, or a picture of tiles.

import { h, s } from "./dom.js";
import { textOf } from "./format.js";

const ring = (points, at) => `M${points.map(([x, y]) => `${at.x(x).toFixed(1)},${at.y(y).toFixed(1)}`).join("L")}Z`;

export function areasOf(layer, at) {
  const items = layer.items.map((item) => {
    const path = item.rings.map((points) => ring(points, at)).join("");
    return { at: [at.x(item.x), at.y(item.y)], words: textOf(item.words), path,
      shape: s("path", { class: "zone", d: path, "fill-rule": "evenodd", fill: layer.classes[item.of].colour }) };
  });
  return { items };
}

// A mark for each place: a circle, with a spoke for each direction that its cells point in.
function markOf(item, layer, at) {
  const [x, y] = [at.x(item.x), at.y(item.y)];
  const fill = layer.classes[item.of].colour;
  if (layer.size_m) {
    const size = Math.max(layer.size_m * at.scale, 1.5);
    return s("rect", { class: "zone bin", x: x - size / 2, y: y - size / 2, width: size, height: size, fill });
  }
  const reach = at.width < 500 ? 7 : 10;
  return s("g", { class: "zone site" },
    s("circle", { cx: x, cy: y, r: reach, class: "touch" }),
    item.towards.map((azimuth) => {
      const turn = azimuth * Math.PI / 180;
      return s("line", { x1: x, y1: y, x2: x + reach * Math.sin(turn), y2: y - reach * Math.cos(turn), stroke: fill });
    }),
    s("circle", { cx: x, cy: y, r: at.width < 500 ? 2.6 : 3.4, fill }));
}

export function pointsOf(layer, at) {
  const items = layer.items.map((item) => ({ at: [at.x(item.x), at.y(item.y)], words: textOf(item.words), shape: markOf(item, layer, at) }));
  return { items, isUnderLines: true };
}

// Tiles as a picture: one byte a tile, rows from south to north, 255 where there is none.
export function gridOf(layer, at) {
  const codes = Uint8Array.from(atob(layer.codes), (sign) => sign.charCodeAt(0));
  const picture = h("canvas", { width: layer.n_columns, height: layer.n_rows });
  const ink = picture.getContext("2d");
  const image = ink.createImageData(layer.n_columns, layer.n_rows);
  const colours = layer.classes.map((one) => d3.rgb(one.colour));
  codes.forEach((code, number) => {
    if (code === 255) return;
    const row = layer.n_rows - 1 - Math.floor(number / layer.n_columns);
    const { r, g, b } = colours[code];
    image.data.set([r, g, b, 255], 4 * (row * layer.n_columns + (number % layer.n_columns)));
  });
  ink.putImageData(image, 0, 0);
  const under = h("canvas", { width: at.width, height: at.height, class: "tiles", "aria-hidden": "true" });
  const pen = under.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, at.x(layer.west), at.y(layer.south + layer.n_rows * layer.size_m),
    layer.n_columns * layer.size_m * at.scale, layer.n_rows * layer.size_m * at.scale);
  return { items: [], under };
}
