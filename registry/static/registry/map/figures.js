/* The figures under the map: computed and declared hectares, how far they are apart, and the same as a sentence. */
"use strict";

window.CarbonFigures = (() => {
  const geo = window.CarbonGeo;
  const WARN_ABOVE = 0.1;
  const inPercent = (fraction) => (fraction > 10 ? "over 1,000 %" : `${(fraction * 100).toFixed(1)} %`);

  /** How far the declared hectares are from the computed ones, as a fraction of these; null without one of them. */
  const apart = (computed, declared) => (declared && computed ? Math.abs(declared - computed) / computed : null);

  /** Write the figures into the elements of `root` made for them, with a warning when they are far apart. */
  function show(root, { computed, declared }) {
    const fraction = apart(computed, declared);
    const tooFar = fraction !== null && fraction > WARN_ABOVE;
    const write = (name, words) => {
      root.querySelector(`[data-${name}]`).textContent = words;
    };
    write("computed", computed ? geo.inHectares(computed) : "no boundary");
    write("declared-shown", declared ? geo.inHectares(declared) : "not given");
    write("difference", fraction === null ? "–" : inPercent(fraction));
    const more = declared > computed ? "more" : "less";
    write("warning", tooFar ? `The declared area is ${more} than the boundary encloses by over 10 %. Check which is right.` : "");
    root.classList.toggle("cc-apart", tooFar);
  }

  /** Areas and positions in words. */
  function size(polygons) {
    if (!polygons.length) return "–";
    const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
    const positions = count(geo.countVertices(polygons), "position", "positions");
    return `${count(polygons.length, "area", "areas")}, ${positions}`;
  }

  /** What a screen reader says after a change. */
  function sentence(polygons, declared) {
    if (!polygons.length) return "The boundary is empty.";
    const computed = geo.hectares(polygons);
    const fraction = apart(computed, declared);
    const comparison = fraction === null ? "" : `, declared ${geo.inHectares(declared)}, difference ${inPercent(fraction)}`;
    return `Computed area ${geo.inHectares(computed)}${comparison}.`;
  }

  return { show, size, sentence };
})();
