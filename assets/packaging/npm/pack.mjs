// Packs the npm packages: `heapglass`, and one with the binary of a platform.
//
//   node assets/packaging/npm/pack.mjs --platform linux-x64 --binary target/dist/heapglass --out target/packages
//
// Several platforms: repeat --platform and --binary in pairs. The version is that in Cargo.toml. Prints the path of each
// tarball.
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PLATFORMS } from "./heapglass/lib/binary.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const { values } = parseArgs({
  options: {
    platform: { type: "string", multiple: true, default: [] },
    binary: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
  },
});
const { platform: platforms, binary: binaries, out } = values;
if (!out) throw new Error("expected --out");
if (platforms.length !== binaries.length) throw new Error("expected one --binary for each --platform");
for (const platform of platforms) {
  if (!PLATFORMS.includes(platform)) throw new Error(`unknown platform ${platform}; expected one of ${PLATFORMS.join(", ")}`);
}
const [, version] = /^version = "(.*)"/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"));

const work = mkdtempSync(join(tmpdir(), "heapglass-npm-"));
mkdirSync(out, { recursive: true });
try {
  const main = join(work, "heapglass");
  cpSync(join(here, "heapglass"), main, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(main, "package.json"), "utf8"));
  manifest.version = version;
  // All platforms are named: npm installs the one that fits.
  manifest.optionalDependencies = Object.fromEntries(PLATFORMS.map((platform) => [`@heapglass/${platform}`, version]));
  write(main, manifest);
  pack(main);
  platforms.forEach((platform, at) => {
    const folder = join(work, platform);
    mkdirSync(folder);
    const [os, cpu] = platform.split("-");
    const file = os === "win32" ? "heapglass.exe" : "heapglass";
    copyFileSync(binaries[at], join(folder, file));
    chmodSync(join(folder, file), 0o755);
    write(folder, {
      name: `@heapglass/${platform}`,
      version,
      description: `The binary of heapglass for ${platform}`,
      license: manifest.license,
      os: [os],
      cpu: [cpu],
      // Alpine Linux and others have another C library.
      ...(os === "linux" ? { libc: ["glibc"] } : {}),
      files: [file],
    });
    pack(folder);
  });
} finally {
  rmSync(work, { recursive: true, force: true });
}

function write(folder, manifest) {
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(join(root, name), join(folder, name));
  manifest.files = [...manifest.files, "LICENSE-MIT", "LICENSE-APACHE"];
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function pack(folder) {
  const name = execFileSync("npm", ["pack", "--silent", "--pack-destination", resolve(out)], { cwd: folder, encoding: "utf8" });
  console.log(join(out, basename(name.trim())));
}
