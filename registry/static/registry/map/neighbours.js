/* Land claimed twice: the neighbouring projects on a map, and what they share with the drawing. */
"use strict";

window.CarbonNeighbours = (() => {
  const { CarbonGeo: geo, CarbonBackdrop: backdrop } = window;
  const OWN_PARTS_COMPARED = 20;

  /** Neighbouring projects as dashed shapes; each knows its polygons and its name. */
  function neighbourLayer(feature, options) {
    const polygons = geo.readValue(feature.geometry);
    const layer = backdrop.shape(polygons, { className: "cc-neighbour", weight: 1.5, pmIgnore: true, ...options });
    const { name, project_name: projectName, title } = feature.properties ?? {};
    const label = document.createElement("span");
    label.textContent = name || projectName || title || "Another project";
    layer.bindTooltip(label, { sticky: true });
    return { polygons, layer, name: label.textContent };
  }

  /** Keep the projects in view on the map, from an address that answers ?bbox=w,s,e,n with a FeatureCollection. */
  function watch(map, url, self, changed, options) {
    const group = L.layerGroup().addTo(map);
    let controller = null;
    let covered = null;
    const load = async () => {
      const view = map.getBounds();
      if (!map.getSize().x || covered?.contains(view)) return;
      const wanted = view.pad(0.5);
      controller?.abort();
      controller = new AbortController();
      const sides = [wanted.getWest(), wanted.getSouth(), wanted.getEast(), wanted.getNorth()];
      const bounded = sides.map((side, index) => Math.max(index % 2 ? -90 : -180, Math.min(index % 2 ? 90 : 180, side)));
      const address = new URL(url, document.baseURI);
      address.searchParams.set("bbox", bounded.map((side) => side.toFixed(6)).join(","));
      try {
        const answer = await fetch(address, { signal: controller.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        const found = (await answer.json()).features ?? [];
        covered = wanted;
        const others = found.filter(({ id, properties }) => !self || ![id, properties?.id, properties?.public_id].map(String).includes(self));
        group.clearLayers();
        const shown = others.filter(({ geometry }) => geometry).map((feature) => neighbourLayer(feature, options));
        shown.forEach(({ layer }) => group.addLayer(layer));
        changed(shown, null);
      } catch (error) {
        if (error.name !== "AbortError") changed([], error);
      }
    };
    let timer = 0;
    map.on("moveend", () => {
      clearTimeout(timer);
      timer = setTimeout(load, 250);
    });
    load();
  }

  /** Draw what `polygons` share with each neighbour into `group`, and return a sentence for each. */
  function claims(polygons, neighbours, group) {
    group.clearLayers();
    const sentences = neighbours.map(({ polygons: theirs, name, layer }) => {
      const both = geo.sharedPolygons(polygons, theirs);
      layer.getElement()?.classList.toggle("cc-neighbour-hit", !both || both.length > 0);
      if (!both) return `May overlap ${name}; saving will tell.`;
      if (!both.length) return "";
      backdrop.shape(both, { className: "cc-overlap", weight: 1.5, interactive: false, pmIgnore: true }).addTo(group);
      return `Overlaps ${name}: ${geo.inHectares(geo.hectares(both))} in both.`;
    });
    return [...sentences.filter(Boolean), ...ownOverlaps(polygons)];
  }

  /** Parts of one boundary that overlap each other, which the server refuses. */
  function ownOverlaps(polygons) {
    const parts = polygons.slice(0, OWN_PARTS_COMPARED);
    return parts.flatMap((part, index) =>
      parts.slice(index + 1).flatMap((other, offset) => {
        const both = geo.sharedPolygons([part], [other]);
        if (!both?.length) return [];
        return [`Areas ${index + 1} and ${index + 2 + offset} overlap by ${geo.inHectares(geo.hectares(both))}: join them or cut one back.`];
      }),
    );
  }

  return { watch, claims };
})();
