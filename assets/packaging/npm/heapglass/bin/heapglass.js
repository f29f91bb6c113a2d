#!/usr/bin/env node
// Runs the binary of this platform with the same arguments, and ends as it ends.
import { spawn } from "node:child_process";
import { binaryPath } from "../lib/binary.js";

let child;
try {
  child = spawn(binaryPath(), process.argv.slice(2), { stdio: "inherit" });
} catch (error) {
  console.error(`heapglass: ${error.message}`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`heapglass: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
