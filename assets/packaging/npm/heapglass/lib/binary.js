// Finds the binary in the optional package of this platform.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The platforms with a package: `process.platform` and `process.arch`. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];

/**
 * Returns the path of the binary for this platform, or `HEAPGLASS_BINARY` if it is set.
 * @returns {string}
 */
export function binaryPath() {
  if (process.env.HEAPGLASS_BINARY) return process.env.HEAPGLASS_BINARY;
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    throw new Error(`no package has a binary for ${platform}; build one from source and set HEAPGLASS_BINARY to its path`);
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
