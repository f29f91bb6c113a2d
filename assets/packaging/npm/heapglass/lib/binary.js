// Finds the binary in the optional package of this platform.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The platforms with a package, as Node.js names them. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];

/**
 * Returns the path of the binary. `HEAPGLASS_BINARY` names another one.
 * @returns {string}
 */
export function binaryPath() {
  if (process.env.HEAPGLASS_BINARY) return process.env.HEAPGLASS_BINARY;
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    throw new Error(`there is no binary for ${platform}; build one with "cargo install heapglass" and set HEAPGLASS_BINARY`);
  }
  const file = process.platform === "win32" ? "heapglass.exe" : "heapglass";
  try {
    return require.resolve(`@heapglass/${platform}/${file}`);
  } catch {
    throw new Error(
      `the package @heapglass/${platform} is not installed; install heapglass again without --omit=optional`,
    );
  }
}
