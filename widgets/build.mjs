// One ES module and one stylesheet a widget, into the Python package; each stays under a fixed size.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import * as esbuild from "esbuild";

const OUT = "../kit/whimsight/static";
const LARGEST = 120_000; // bytes, minified: a module travels once for every widget instance
const widgets = readdirSync("src").filter((name) => existsSync(`src/${name}/index.tsx`));
const host = existsSync("src/host.ts") ? { host: "src/host.ts" } : {};

// Two widgets may stand on one page, and both bring the rules they share: each widget's stylesheet matches within its
// own root alone, by a class that only that root has, so the order in which stylesheets come does not matter.
const ROOTS = { calibrator: "cb", comparison: "cp", labeler: "fl", mixer: "mx" };

/** Every selector starts with a class of the root; one more is added to it. */
const within = (root) => ({
  name: "within",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        /(?<![\w\])-])\.(whimsight|lb|cb|cp|fl|mx)(?![\w-])/g,
        `.$1.${root}`,
      ),
      loader: "css",
    }));
  },
});

// Children as arguments of h make a module 4 kB smaller than as a property of jsx, as tsconfig.json has it.
const ELEMENTS = {
  inject: ["src/jsx.ts"],
  tsconfigRaw: { compilerOptions: { jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment" } },
};

const options = (name, entry) => ({
  entryPoints: { [name]: entry },
  outdir: OUT,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "ascii",
  legalComments: "none",
  ...(ROOTS[name] ? ELEMENTS : {}),
  logLevel: "info",
  plugins: ROOTS[name] ? [within(ROOTS[name])] : [],
});
const entries = { ...Object.fromEntries(widgets.map((name) => [name, `src/${name}/index.tsx`])), ...host };

for (const [name, entry] of Object.entries(entries)) {
  if (widgets.includes(name) && !ROOTS[name]) throw new Error(`${name} has no class of its root in ROOTS`);
  if (process.argv.includes("--watch")) {
    const context = await esbuild.context({ ...options(name, entry), minify: false });
    await context.watch();
  } else {
    await esbuild.build(options(name, entry));
    const { size } = statSync(`${OUT}/${name}.js`);
    if (size > LARGEST) throw new Error(`${name}.js has ${size} bytes; at most ${LARGEST} are allowed`);
  }
}
