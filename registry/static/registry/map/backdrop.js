/* A map of the world without tiles: countries, a graticule with its degrees, and a scale. No request leaves the site. */
"use strict";

window.CarbonBackdrop = (() => {
  const FINE_FROM_ZOOM = 4;
  const DRAWN_WHOLE_FROM = 2000;
  const STEPS = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
  const atlases = new Map();

  /** Country features of one atlas file, fetched once a page. */
  function countries(url) {
    if (!atlases.has(url)) {
      const loading = fetch(url)
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`status ${answer.status}`))))
        .then((atlas) => window.topojson.feature(atlas, atlas.objects.countries).features.map(flattened));
      atlases.set(url, loading);
    }
    return atlases.get(url);
  }

  /** A country as rings of a flat map: the atlas joins what lies on both sides of the 180th meridian. */
  function flattened({ properties, geometry }) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return { type: "Feature", properties, geometry: { type: "MultiPolygon", coordinates: polygons.flatMap(unrolled) } };
  }

  function unrolled(rings) {
    const straight = rings.map(unrolledRing);
    const [west, east] = [Math.min, Math.max].map((most) => most(...straight[0].map(([longitude]) => longitude)));
    const moved = (by) => straight.map((ring) => ring.map(([longitude, latitude]) => [longitude + by, latitude]));
    return [straight, ...(east > 180 ? [moved(-360)] : []), ...(west < -180 ? [moved(360)] : [])];
  }

  function unrolledRing(ring) {
    let turns = 0;
    const positions = ring.map(([longitude, latitude], index) => {
      const step = index ? longitude - ring[index - 1][0] : 0;
      if (Math.abs(step) > 180) turns -= Math.sign(step);
      return [longitude + 360 * turns, latitude];
    });
    if (!turns) return positions;
    // Only Antarctica goes all the way round: close it below the pole.
    const [first, last] = [positions[0], positions.at(-1)];
    return [...positions, [last[0], -90], [first[0], -90], first];
  }

  /** Lines of equal longitude and latitude, as many as the view can bear, each with its degrees at the edge. */
  const Graticule = L.LayerGroup.extend({
    onAdd(map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      map.on("moveend zoomend resize", this.redraw, this);
      this.redraw();
    },
    onRemove(map) {
      map.off("moveend zoomend resize", this.redraw, this);
      L.LayerGroup.prototype.onRemove.call(this, map);
    },
    redraw() {
      const map = this._map;
      const size = map?.getSize();
      if (!size?.x || !size.y) return;
      this.clearLayers();
      const view = map.getBounds();
      const [west, east] = [Math.max(-180, view.getWest()), Math.min(180, view.getEast())];
      const [south, north] = [Math.max(-85, view.getSouth()), Math.min(85, view.getNorth())];
      const lines = Math.max(3, size.x / 140);
      const step = STEPS.findLast((degrees) => (view.getEast() - view.getWest()) / degrees <= lines) ?? STEPS[0];
      const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
      for (let index = Math.ceil(west / step); index * step <= east; index += 1) {
        const longitude = index * step;
        this.line([[south, longitude], [north, longitude]]);
        this.label([Math.max(south, view.getSouth()), longitude], degrees(longitude, digits, "E", "W"), "meridian");
      }
      for (let index = Math.ceil(south / step); index * step <= north; index += 1) {
        const latitude = index * step;
        this.line([[latitude, west], [latitude, east]]);
        this.label([latitude, Math.max(west, view.getWest())], degrees(latitude, digits, "N", "S"), "parallel");
      }
    },
    line(ends) {
      const style = { className: "cc-graticule", weight: 1, interactive: false, pmIgnore: true };
      this.addLayer(L.polyline(ends, { ...style, renderer: this.options.renderer }));
    },
    label(position, html, kind) {
      const icon = L.divIcon({ className: `cc-degrees cc-degrees-${kind}`, html, iconSize: null });
      const options = { icon, interactive: false, keyboard: false, pmIgnore: true, pane: this.options.labels };
      this.addLayer(L.marker(position, options));
    },
  });

  const degrees = (value, digits, positive, negative) => {
    const size = Math.abs(value).toFixed(digits);
    return Number(size) === 0 ? "0°" : `${size}°${value > 0 ? positive : negative}`;
  };

  /** Put the countries under everything, with finer coasts once the view is close enough to need them. */
  function addCountries(map, element) {
    const style = { className: "cc-land", weight: 1, interactive: false, pmIgnore: true };
    let shown = null;
    const show = (url) => {
      if (!url || shown?.url === url) return;
      const previous = shown;
      shown = { url };
      const mine = shown;
      countries(url)
        .then((features) => {
          if (shown !== mine) return;
          mine.layer = L.geoJSON(features, { ...style, pane: "cc-land", renderer: L.svg({ pane: "cc-land" }) });
          mine.layer.addTo(map);
          previous?.layer?.remove();
        })
        .catch(() => element.classList.add("cc-no-backdrop"));
    };
    const choose = () => show(map.getZoom() >= FINE_FROM_ZOOM ? element.dataset.atlasFine : element.dataset.atlas);
    map.on("zoomend", choose);
    choose();
  }

  /** A small world in the corner that says where on Earth a close view is. */
  function addLocator(map, element) {
    const locator = L.control({ position: "bottomright" });
    locator.onAdd = () => {
      const box = L.DomUtil.create("div", "cc-locator");
      box.setAttribute("aria-hidden", "true");
      countries(element.dataset.atlas)
        .then((features) => {
          const rings = features.flatMap(({ geometry }) => geometry.coordinates.flat());
          const path = rings.map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${(-y).toFixed(1)}`).join("L")}Z`).join("");
          box.innerHTML = `<svg viewBox="-180 -84 360 144"><path d="${path}"/><circle r="7"/></svg>`;
          place();
        })
        .catch(() => box.remove());
      const place = () => {
        const { lat, lng } = map.getCenter();
        box.hidden = map.getZoom() < FINE_FROM_ZOOM;
        box.querySelector("circle")?.setAttribute("transform", `translate(${lng.toFixed(2)} ${(-lat).toFixed(2)})`);
      };
      map.on("moveend", place);
      return box;
    };
    locator.addTo(map);
  }

  /** A Leaflet map in `element`, whose data-atlas and data-atlas-fine name the two atlas files. */
  function create(element) {
    const map = L.map(element, {
      attributionControl: false,
      maxBounds: [[-89, -180], [89, 180]],
      maxBoundsViscosity: 1,
      maxZoom: 18,
      minZoom: 1,
      zoomSnap: 0.5,
      zoomControl: false,
      scrollWheelZoom: false,
    });
    // The wheel scrolls the page until somebody turns to the map.
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    L.control.zoom({ position: "topright" }).addTo(map);
    L.control.scale({ imperial: false, position: "topleft" }).addTo(map);
    for (const [name, level] of [["cc-land", 200], ["cc-lines", 250], ["cc-labels", 260]]) {
      map.createPane(name).style.zIndex = level;
      map.getPane(name).style.pointerEvents = "none";
    }
    map.setView([15, 0], 1);
    addCountries(map, element);
    addLocator(map, element);
    new Graticule([], { renderer: L.svg({ pane: "cc-lines" }), labels: "cc-labels" }).addTo(map);
    return map;
  }

  /** Call `then` now and whenever the element's size changes, as in a tab that is opened later. */
  function whenSized(map, element, then) {
    let width = 0;
    new ResizeObserver(() => {
      if (!element.clientWidth || element.clientWidth === width) return;
      const first = width === 0;
      width = element.clientWidth;
      map.invalidateSize({ animate: false });
      if (first) then();
    }).observe(element);
  }

  /** Show these polygons with some land around, or the world when there are none. */
  function fit(map, polygons) {
    if (!polygons.length) {
      map.setView([15, 0], map.getSize().x > 900 ? 2 : 1, { animate: false });
      return;
    }
    const [west, south, east, north] = window.CarbonGeo.box(polygons);
    map.fitBounds([[south, west], [north, east]], { padding: [36, 36], maxZoom: 15, animate: false });
  }

  const latLngs = (polygon) => polygon.map((ring) => ring.slice(0, -1).map(([longitude, latitude]) => [latitude, longitude]));

  /** A Leaflet polygon of one or several polygons. */
  function shape(polygons, options) {
    // Leaflet thins lines by recursion, which a zigzag of thousands of corners makes too deep: those are drawn whole.
    const smoothFactor = window.CarbonGeo.countVertices(polygons) > DRAWN_WHOLE_FROM ? 0 : 1;
    const positions = polygons.length === 1 ? latLngs(polygons[0]) : polygons.map(latLngs);
    return L.polygon(positions, { smoothFactor, ...options });
  }

  /** Closed ring of [longitude, latitude] from Leaflet's positions, kept on the Earth. */
  function closed(latLngs) {
    const within = (value, limit) => window.CarbonGeo.rounded(Math.max(-limit, Math.min(limit, value)));
    const ring = latLngs.map(({ lat, lng }) => [within(lng, 180), within(lat, 90)]);
    return [...ring, ring[0]];
  }

  /** Polygons of a Leaflet layer: one, or several when a cut has split it. */
  function polygonsOf(layer) {
    const nested = layer.getLatLngs();
    const several = Array.isArray(nested[0]?.[0]) ? nested : [nested];
    return several.map((rings) => rings.filter((ring) => ring.length > 2).map(closed)).filter((rings) => rings.length);
  }

  return { create, whenSized, fit, shape, closed, polygonsOf };
})();
