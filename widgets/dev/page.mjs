// Writes one HTML file that shows a widget with a stand-in for Python:
// node dev/page.mjs [--comparison|--mixer|--calibrator] [snapshot.json] out.html
// Open it from the disk; nothing is served and nothing is fetched. See dev/main.ts, dev/comparison.ts ... for what its address chooses.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const given = process.argv.slice(2);
const entry = `${given.find((word) => word.startsWith("--"))?.slice(2) ?? "main"}.ts`;
const [out, snapshot] = given.filter((word) => !word.startsWith("--")).reverse();
if (!out) throw new Error("usage: node dev/page.mjs [--comparison|--mixer|--calibrator] [snapshot.json] out.html");
const built = await esbuild.build({
  entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
  bundle: true,
  write: false,
  outdir: "out",
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "ascii",
  jsx: "automatic",
  jsxImportSource: "preact",
});
const text = (end) => built.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
const inside = (code) => code.replaceAll("</", "<\\/");
const json = (snapshot ? readFileSync(snapshot, "utf8") : "null").replaceAll("<", "\\u003c");
writeFileSync(
  out,
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A widget, looked at</title>
<style>
body { margin: 16px; font-family: system-ui, sans-serif; background: #fff }
body[data-theme="dark"] { background: #111; color: #eee }
${text(".css")}
</style>
<body>
<script type="application/json" id="snapshot">${json}</script>
<div id="place"></div>
<script type="module">${inside(text(".js"))}</script>
</body>
</html>
`,
);
