/* The boundary field of a form: a map to draw on, its GeoJSON as text, and the hectares of both while they change.
 *
 * The text area is the form's field and the truth; the map is another way to write it. Whoever cannot use a
 * map writes, pastes or loads the text and hears what is wrong with it.
 */
"use strict";

(() => {
  const { CarbonGeo: geo, CarbonBackdrop: backdrop, CarbonNeighbours: neighbours, CarbonFigures: figures } = window;
  /* Looking for crossings at each step of a drag takes time with the square of the corners; beyond this many the server
   * alone looks. Beyond the second number a browser cannot handle that many corners at all. */
  const CROSSINGS_UP_TO = 300;
  const CORNERS_UP_TO = 5000;
  const TOO_MANY_CORNERS =
    `With more than ${CORNERS_UP_TO.toLocaleString("en")} positions, corners cannot be moved here. Change the boundary in a` +
    " mapping program and load the file.";
  const SHAPE = { className: "cc-boundary", weight: 2 };
  const HINTS = {
    Polygon: "Click the corners in turn; click the first one again to close the area. Escape cancels.",
    Rectangle: "Click one corner, then the opposite one. Escape cancels.",
    Cut: "Draw the piece to cut out: inside an area it makes a hole.",
    edit: "Drag a corner to move it or a midpoint to add one; right-click or long-press a corner to remove it.",
    drag: "Drag an area to another place.",
    removal: "Click an area to delete it.",
  };

  class BoundaryEditor {
    constructor(root) {
      this.root = root;
      this.canvas = root.querySelector("[data-canvas]");
      this.text = root.querySelector("textarea");
      this.readonly = root.hasAttribute("data-readonly");
      this.neighbours = [];
      this.history = [];
      this.map = backdrop.create(this.canvas);
      this.shapes = L.featureGroup().addTo(this.map);
      this.shared = L.layerGroup().addTo(this.map);
      this.areaField = this.findAreaField();
      this.areaField?.addEventListener("input", () => this.showFigures());
      this.listenToText();
      if (!this.readonly) this.listenToMap();
      this.listenToTools();
      this.readText({ first: true });
      this.history = [this.text.value];
      backdrop.whenSized(this.map, this.canvas, () => {
        backdrop.fit(this.map, this.polygons());
        this.watchNeighbours();
      });
    }

    findAreaField() {
      const name = this.root.dataset.areaField;
      return name ? (this.text.form?.elements.namedItem(name) ?? null) : null;
    }

    part(name) {
      return this.root.querySelector(`[data-${name}]`);
    }

    /* ---- what is drawn ---------------------------------------------------------------------- */

    polygons() {
      const found = [];
      this.shapes.eachLayer((layer) => found.push(...backdrop.polygonsOf(layer)));
      return found;
    }

    setPolygons(polygons) {
      this.shapes.clearLayers();
      for (const polygon of polygons) {
        const layer = backdrop.shape([polygon], SHAPE).addTo(this.shapes);
        layer.on("pm:change", () => this.showFigures());
        layer.on("pm:edit pm:dragend pm:vertexremoved", () => this.mapChanged());
      }
    }

    /** The map was changed: write the text, remember the old one, measure again. */
    mapChanged() {
      const value = geo.text(this.polygons());
      if (value === this.text.value) return;
      this.text.value = value;
      this.text.dispatchEvent(new Event("change", { bubbles: true }));
      this.remember();
      this.showFault("");
      this.refresh({ announce: true });
    }

    remember() {
      if (this.history.at(-1) !== this.text.value) this.history.push(this.text.value);
      this.part("undo").disabled = this.history.length < 2;
    }

    undo() {
      if (this.history.length < 2) return;
      this.history.pop();
      this.text.value = this.history.at(-1);
      this.part("undo").disabled = this.history.length < 2;
      this.stopTools();
      this.readText({});
    }

    /* ---- the text ---------------------------------------------------------------------------- */

    listenToText() {
      let timer = 0;
      this.text.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.readText({ fit: true });
          this.remember();
        }, 350);
      });
      this.part("file")?.addEventListener("change", ({ target }) => this.loadFile(target));
    }

    readText({ first = false, fit = false }) {
      try {
        this.setPolygons(geo.readText(this.text.value));
        this.showFault("");
      } catch (error) {
        if (!(error instanceof geo.Refused)) throw error;
        this.showFault(error.message);
        if (first) this.part("source").open = true;
        return;
      }
      if (fit && this.canvas.clientWidth) backdrop.fit(this.map, this.polygons());
      this.refresh({ announce: !first });
    }

    async loadFile(input) {
      const [file] = input.files;
      if (!file) return;
      const content = await file.text();
      input.value = "";
      let polygons;
      try {
        polygons = geo.readText(content);
      } catch (error) {
        if (!(error instanceof geo.Refused)) throw error;
        this.showFault(`${file.name}: ${error.message}`);
        return;
      }
      this.stopTools();
      this.setPolygons(polygons);
      backdrop.fit(this.map, polygons);
      this.mapChanged();
    }

    showFault(words) {
      this.part("fault").textContent = words;
      this.text.setAttribute("aria-invalid", words ? "true" : "false");
    }

    /* ---- the map ------------------------------------------------------------------------------ */

    listenToMap() {
      const { map } = this;
      map.pm.setGlobalOptions({
        allowSelfIntersection: false,
        limitMarkersToCount: 120,
        snapDistance: 12,
        templineStyle: { className: "cc-drawing", weight: 2 },
        hintlineStyle: { className: "cc-drawing cc-drawing-next", weight: 2 },
        pathOptions: SHAPE,
        tooltips: false,
      });
      map.on("pm:create", ({ layer }) => {
        const drawn = backdrop.polygonsOf(layer);
        layer.remove();
        this.drawing = null;
        this.setPolygons([...this.polygons(), ...drawn]);
        this.mapChanged();
      });
      map.on("pm:remove", ({ layer }) => {
        this.shapes.removeLayer(layer);
        this.mapChanged();
      });
      map.on("pm:cut", ({ layer, originalLayer }) => this.afterCut(layer, originalLayer));
      map.on("pm:drawstart", ({ workingLayer }) => {
        this.drawing = workingLayer;
        workingLayer.on("pm:vertexadded", () => this.showFigures());
      });
      map.on("pm:drawend", () => {
        this.drawing = null;
        this.showFigures();
      });
      map.on("mousemove", ({ latlng }) => this.drawing && this.showFigures(latlng));
      for (const mode of ["draw", "edit", "drag", "removal", "cut"]) {
        map.on(`pm:global${mode}modetoggled`, () => this.showTools());
      }
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.activeTool()) {
          event.stopPropagation();
          this.stopTools();
        }
      });
    }

    /** Geoman reports each area that was cut by itself; redraw once all of them are known. */
    afterCut(layer, originalLayer) {
      this.shapes.removeLayer(originalLayer);
      const left = layer.getLatLngs ? backdrop.polygonsOf(layer) : [];
      layer.remove();
      this.cut = [...(this.cut ?? []), ...left];
      clearTimeout(this.cutTimer);
      this.cutTimer = setTimeout(() => {
        this.setPolygons([...this.polygons(), ...this.cut]);
        this.cut = null;
        this.mapChanged();
      });
    }

    listenToTools() {
      for (const button of this.root.querySelectorAll("[data-tool]")) {
        button.addEventListener("click", () => this.toggle(button.dataset.tool));
      }
      this.part("undo")?.addEventListener("click", () => this.undo());
      this.part("fit")?.addEventListener("click", () => backdrop.fit(this.map, this.polygons()));
      this.part("load")?.addEventListener("click", () => this.part("file").click());
    }

    activeTool() {
      const { pm } = this.map;
      if (pm.globalEditModeEnabled()) return "edit";
      if (pm.globalDragModeEnabled()) return "drag";
      if (pm.globalRemovalModeEnabled()) return "removal";
      return pm.globalDrawModeEnabled() ? pm.Draw.getActiveShape() : "";
    }

    stopTools() {
      const { pm } = this.map;
      pm.disableDraw();
      // Only what is on: turning off a mode that never was on makes Leaflet warn on the console.
      if (pm.globalEditModeEnabled()) pm.disableGlobalEditMode();
      if (pm.globalDragModeEnabled()) pm.disableGlobalDragMode();
      if (pm.globalRemovalModeEnabled()) pm.disableGlobalRemovalMode();
    }

    toggle(tool) {
      const stop = this.activeTool() === tool;
      this.stopTools();
      if (stop) return;
      const { pm } = this.map;
      if (tool === "edit" && geo.countVertices(this.polygons()) > CORNERS_UP_TO) {
        this.part("hint").textContent = TOO_MANY_CORNERS;
        return;
      }
      if (tool === "edit") pm.enableGlobalEditMode();
      else if (tool === "drag") pm.enableGlobalDragMode();
      else if (tool === "removal") pm.enableGlobalRemovalMode();
      else pm.enableDraw(tool);
      this.canvas.focus({ preventScroll: true });
    }

    showTools() {
      const active = this.activeTool();
      for (const button of this.root.querySelectorAll("[data-tool]")) {
        button.setAttribute("aria-pressed", String(button.dataset.tool === active));
      }
      this.part("hint").textContent = HINTS[active] ?? "";
    }

    /* ---- figures ------------------------------------------------------------------------------ */

    /** Positions of what is being drawn, the pointer as its last corner. */
    unfinished(pointer) {
      const corners = this.drawing?.getLatLngs?.().flat(2) ?? [];
      if (!corners.length || this.activeTool() === "Cut") return [];
      const all = pointer && this.activeTool() === "Polygon" ? [...corners, pointer] : corners;
      return all.length < 3 ? [] : [[backdrop.closed(all)]];
    }

    declared() {
      const value = this.areaField ? this.areaField.value : (this.root.dataset.declared ?? "");
      const number = Number(value.replaceAll(",", ""));
      return value.trim() && number > 0 ? number : null;
    }

    /** Once a frame at most: a drag reports more often than that. */
    showFiguresSoon() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.showFigures();
      });
    }

    showFigures(pointer) {
      const computed = geo.hectares([...this.polygons(), ...this.unfinished(pointer)]);
      figures.show(this.root, { computed, declared: this.declared() });
    }

    refresh({ announce }) {
      const polygons = this.polygons();
      this.showFigures();
      this.part("size").textContent = figures.size(polygons);
      const claims = neighbours.claims(polygons, this.neighbours, this.shared);
      this.part("claims").replaceChildren(...claims.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
      if (announce) this.part("status").textContent = figures.sentence(polygons, this.declared());
    }

    watchNeighbours() {
      const { neighbours: url, project } = this.root.dataset;
      if (!url) return;
      const changed = (found, error) => {
        this.neighbours = found;
        this.part("hint").textContent = error ? "The neighbouring projects could not be loaded; overlaps are found when you save." : "";
        this.refresh({ announce: false });
      };
      neighbours.watch(this.map, url, project, changed, { snapIgnore: false });
    }
  }

  function mountAll() {
    for (const root of document.querySelectorAll("[data-boundary-widget]:not([data-mounted])")) {
      root.dataset.mounted = "true";
      new BoundaryEditor(root);
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
})();
