// @ts-check
// Builds what the pages load: one style sheet, one script, the fonts of the PDFs.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const web = new URL("../src/headwater/web/", import.meta.url).pathname;
const out = `${web}static/build/`;
await rm(out, { recursive: true, force: true });
for (const folder of [out, `${web}fonts/`]) await mkdir(folder, { recursive: true });

await build({
  entryPoints: { app: "src/app.js", style: "src/style.css" },
  bundle: true,
  minify: true,
  outdir: out,
  target: ["es2020"],
  logLevel: "error",
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
    await copyFile(`node_modules/${name}/${file}.ttf`, `${web}fonts/${file.split("/")[1]}.ttf`);
  }
}
