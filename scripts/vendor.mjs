// Copies the files that the browser loads from node_modules to app/web/static/vendor, each with a gzipped twin.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const TARGET = "app/web/static/vendor";
const FILES = [
  "maplibre-gl/dist/maplibre-gl.mjs",
  "maplibre-gl/dist/maplibre-gl-worker.mjs",
  "maplibre-gl/dist/maplibre-gl.css",
  "maplibre-gl/LICENSE.txt",
  "@digital-go-jp/design-tokens/dist/tokens.css",
];
const SMALLEST_TO_COMPRESS = 4096; // bytes

function copy(file) {
  const licence = file.endsWith("LICENSE.txt") ? "maplibre-gl-LICENSE.txt" : basename(file);
  // Source maps stay behind, so the pointer to them goes too.
  const bytes = Buffer.from(readFileSync(join("node_modules", file), "utf8").replace(/\n\/\/# sourceMappingURL=\S+\s*$/, "\n"));
  writeFileSync(join(TARGET, licence), bytes);
  if (bytes.length >= SMALLEST_TO_COMPRESS) {
    writeFileSync(join(TARGET, `${licence}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });
FILES.forEach(copy);
