/* A boundary to look at: fills every [data-boundary-map] with the map of the GeoJSON in the element it names. */
"use strict";

(() => {
  function mount(root) {
    if (root.dataset.mounted) return;
    root.dataset.mounted = "true";
    const element = root.querySelector("[data-canvas]");
    const source = root.querySelector("script[type='application/json']");
    let polygons = [];
    try {
      polygons = window.CarbonGeo.readText(source?.textContent ?? "");
    } catch (error) {
      if (!(error instanceof window.CarbonGeo.Refused)) throw error;
      root.querySelector("[data-note]").textContent = `The boundary cannot be drawn. ${error.message}`;
    }
    const map = window.CarbonBackdrop.create(element);
    if (polygons.length) {
      window.CarbonBackdrop.shape(polygons, { className: "cc-boundary", weight: 2, interactive: false }).addTo(map);
    }
    window.CarbonBackdrop.whenSized(map, element, () => {
      window.CarbonBackdrop.fit(map, polygons);
      if (root.dataset.neighbours) {
        const shared = L.layerGroup().addTo(map);
        const show = (found) => {
          const words = window.CarbonNeighbours.claims(polygons, found, shared);
          root.querySelector("[data-claims]").replaceChildren(
            ...words.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
          );
        };
        window.CarbonNeighbours.watch(map, root.dataset.neighbours, root.dataset.project, show, {});
      }
    });
  }

  const mountAll = () => document.querySelectorAll("[data-boundary-map]").forEach(mount);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
})();
