/* Boundaries without a map: reading GeoJSON, hectares on the WGS 84 ellipsoid, land that two areas share.
 *
 * The area formula is that of registry/geometry/measure.py, to the same nodes, so that what is shown while
 * drawing is what the server stores. The server alone decides what is accepted; the checks here only tell
 * sooner what it would say.
 */
"use strict";

window.CarbonGeo = (() => {
  const SEMI_MAJOR_M = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING);
  const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING));
  const RADIAN = Math.PI / 180;
  const DEGREE_M = RADIAN * SEMI_MAJOR_M;
  const NODES = [
    [0, 128 / 225],
    [0.5384693101056831, 0.47862867049936647],
    [-0.5384693101056831, 0.47862867049936647],
    [0.906179845938664, 0.23692688505618908],
    [-0.906179845938664, 0.23692688505618908],
  ];
  const MAX_VERTICES = 20000;
  const SLIVER_WIDTH_M = 0.05;
  const NEGLIGIBLE_SHARED_HA = 0.01;
  const ACCEPTED = "Use a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection.";

  class Refused extends Error {}

  const refuse = (words) => {
    throw new Refused(words);
  };

  /* ---- measuring ------------------------------------------------------------------------------- */

  function zonePerRadian(latitude) {
    const sine = Math.sin(latitude);
    return (
      (SEMI_MINOR_M ** 2 / 2) *
      (sine / (1 - (ECCENTRICITY * sine) ** 2) + Math.atanh(ECCENTRICITY * sine) / ECCENTRICITY)
    );
  }

  function ringSquareMetres(ring) {
    const origin = zonePerRadian(RADIAN * Math.min(...extent(ring, 1)));
    let total = 0;
    for (let index = 1; index < ring.length; index += 1) {
      const [west, south] = ring[index - 1];
      const [east, north] = ring[index];
      const middle = (RADIAN * (north + south)) / 2;
      const half = (RADIAN * (north - south)) / 2;
      let mean = 0;
      for (const [node, weight] of NODES) mean += (weight / 2) * (zonePerRadian(middle + half * node) - origin);
      total -= RADIAN * (east - west) * mean;
    }
    return Math.abs(total);
  }

  function extent(ring, axis) {
    let low = Infinity;
    let high = -Infinity;
    for (const position of ring) {
      low = Math.min(low, position[axis]);
      high = Math.max(high, position[axis]);
    }
    return [low, high];
  }

  const polygonSquareMetres = ([shell, ...holes]) =>
    ringSquareMetres(shell) - holes.reduce((sum, hole) => sum + ringSquareMetres(hole), 0);

  /** Hectares of a list of polygons, each a list of closed rings of [longitude, latitude]. */
  const hectares = (polygons) => polygons.reduce((sum, polygon) => sum + polygonSquareMetres(polygon), 0) / 10000;

  function meanWidthMetres(polygon) {
    let around = 0;
    for (const ring of polygon) {
      for (let index = 1; index < ring.length; index += 1) {
        const [before, after] = [ring[index - 1], ring[index]];
        const shrink = Math.cos((RADIAN * (before[1] + after[1])) / 2);
        around += Math.hypot((after[0] - before[0]) * shrink, after[1] - before[1]) * DEGREE_M;
      }
    }
    return around ? (2 * polygonSquareMetres(polygon)) / around : 0;
  }

  const boxesMeet = (one, other) => {
    const [a, b] = [box(one), box(other)];
    return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
  };

  /** [west, south, east, north] of a list of polygons. */
  function box(polygons) {
    const sides = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [shell] of polygons) {
      const [[west, east], [south, north]] = [extent(shell, 0), extent(shell, 1)];
      sides[0] = Math.min(sides[0], west);
      sides[1] = Math.min(sides[1], south);
      sides[2] = Math.max(sides[2], east);
      sides[3] = Math.max(sides[3], north);
    }
    return sides;
  }

  /** Polygons that both lists cover, strips of a few centimetres left out; null when it cannot be computed. */
  function sharedPolygons(one, other) {
    if (!one.length || !other.length || !boxesMeet(one, other)) return [];
    try {
      const pieces = window.polygonClipping.intersection(one, other);
      const land = pieces.filter((piece) => meanWidthMetres(piece) >= SLIVER_WIDTH_M);
      return hectares(land) < NEGLIGIBLE_SHARED_HA ? [] : land;
    } catch {
      return null;
    }
  }

  /* ---- reading --------------------------------------------------------------------------------- */

  /** Polygons from the text of any accepted form; an empty text is no boundary. Throws Refused. */
  function readText(text) {
    if (!text.trim()) return [];
    let value;
    try {
      value = JSON.parse(text.replace(/^\ufeff/, ""));
    } catch (error) {
      refuse(`This is not valid JSON: ${error.message}.`);
    }
    return value === null ? [] : readValue(value);
  }

  function readValue(value) {
    const polygons = collect(value);
    if (!polygons.length) refuse(`There is no polygon in it. ${ACCEPTED}`);
    let vertices = 0;
    for (const [name, rings] of polygons) {
      if (!Array.isArray(rings) || !rings.length || !rings.every(Array.isArray)) {
        refuse(`${name || "The polygon"} has no list of rings. ${ACCEPTED}`);
      }
      vertices += rings.reduce((sum, ring) => sum + ring.length, 0);
      if (vertices > MAX_VERTICES) {
        refuse(`There are more than ${MAX_VERTICES.toLocaleString("en")} positions. Simplify the boundary.`);
      }
    }
    return polygons.map(([name, rings]) =>
      rings.map((ring, index) => readRing(ring, [name, index ? `hole ${index}` : "outer ring"].filter(Boolean).join(", "))),
    );
  }

  function collect(value, name = "") {
    if (Array.isArray(value)) {
      if (value.length && !Array.isArray(value[0])) {
        return value.flatMap((item, index) => collect(item, `item ${index + 1}`));
      }
      const isPolygon = typeof value?.[0]?.[0]?.[0] === "number";
      return collect({ type: isPolygon ? "Polygon" : "MultiPolygon", coordinates: value }, name);
    }
    switch (value?.type) {
      case "FeatureCollection":
        return (Array.isArray(value.features) ? value.features : []).flatMap((feature, index) =>
          collect(feature, `feature ${index + 1}`),
        );
      case "Feature":
        return collect(value.geometry, name);
      case "Polygon":
        return [[name, value.coordinates]];
      case "MultiPolygon":
        return (Array.isArray(value.coordinates) ? value.coordinates : []).map((rings, index) => [
          [name, `polygon ${index + 1}`].filter(Boolean).join(", "),
          rings,
        ]);
      default:
        return refuse(`${value?.type ? `A ${value.type}` : "This"} is not a boundary. ${ACCEPTED}`);
    }
  }

  function readRing(ring, where) {
    const words = (reason) => `${where[0].toUpperCase()}${where.slice(1)}: ${reason}`;
    const positions = ring.map((position, index) => {
      const [longitude, latitude] = Array.isArray(position) ? position : [];
      if (!Number.isFinite(longitude) || !Number.isFinite(latitude)) {
        refuse(words(`position ${index + 1} is not [longitude, latitude].`));
      }
      if (Math.abs(longitude) > 180) refuse(words(`position ${index + 1} has longitude ${longitude}; it ends at ±180.`));
      if (Math.abs(latitude) > 90) {
        refuse(words(`position ${index + 1} has latitude ${latitude}; it ends at ±90. Are the two numbers swapped?`));
      }
      return [rounded(longitude), rounded(latitude)];
    });
    if (positions.length < 4) refuse(words("a ring needs at least four positions, the last repeating the first."));
    const last = positions[positions.length - 1];
    if (positions[0][0] !== last[0] || positions[0][1] !== last[1]) {
      refuse(words("the ring is not closed; its last position must repeat the first."));
    }
    return positions.filter(
      (position, index) => !index || position[0] !== positions[index - 1][0] || position[1] !== positions[index - 1][1],
    );
  }

  /** Seven decimals, halves to the even digit as the server rounds them: tiled data is full of halves. */
  function rounded(degrees) {
    const scaled = degrees * 1e7;
    const below = Math.floor(scaled);
    const tie = scaled - below === 0.5 && below % 2 === 0;
    return (tie ? below : Math.round(scaled)) / 1e7 + 0;
  }

  /* ---- writing --------------------------------------------------------------------------------- */

  /** GeoJSON of a list of polygons, or null for none. */
  function geometry(polygons) {
    if (!polygons.length) return null;
    return polygons.length === 1
      ? { type: "Polygon", coordinates: polygons[0] }
      : { type: "MultiPolygon", coordinates: polygons };
  }

  /** Text of a geometry that a person can read: one position a line. */
  function text(polygons) {
    const shape = geometry(polygons);
    if (!shape) return "";
    return JSON.stringify(shape, null, 1)
      .replace(/\[\s+(-?[\d.e+-]+),\s+(-?[\d.e+-]+)\s+\]/g, "[$1, $2]")
      .trim();
  }

  const grouped = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const inHectares = (value) => `${grouped.format(value)} ha`;

  const countVertices = (polygons) => polygons.flat().reduce((sum, ring) => sum + ring.length, 0);

  return { Refused, hectares, box, sharedPolygons, readText, readValue, text, rounded, countVertices, inHectares };
})();
