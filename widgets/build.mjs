// One ES module and one stylesheet a widget, into the Python package; each stays under a fixed size.
import { existsSync, readdirSync, statSync } from "node:fs";
import * as esbuild from "esbuild";

const OUT = "../kit/whimsight/static";
const LARGEST = 120_000; // bytes, minified: a module travels once for every widget instance
const widgets = readdirSync("src").filter((name) => existsSync(`src/${name}/index.tsx`));
const host = existsSync("src/host.ts") ? { host: "src/host.ts" } : {};

const options = {
  entryPoints: { ...Object.fromEntries(widgets.map((name) => [name, `src/${name}/index.tsx`])), ...host },
  outdir: OUT,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "ascii",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, minify: false });
  await context.watch();
} else {
  await esbuild.build(options);
  for (const name of Object.keys(options.entryPoints)) {
    const { size } = statSync(`${OUT}/${name}.js`);
    if (size > LARGEST) throw new Error(`${name}.js has ${size} bytes; at most ${LARGEST} are allowed`);
  }
}
