#!/usr/bin/env node
// Runs the binary of this platform with the same arguments, and ends as it ends.
import { spawn } from "node:child_process";
import { binaryPath } from "../lib/binary.js";

function fail(error) {
  console.error(`heapglass: ${error.message}`);
  process.exit(1);
}

let child;
try {
  child = spawn(binaryPath(), process.argv.slice(2), { stdio: "inherit" });
} catch (error) {
  fail(error);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // A terminal sends SIGINT and SIGHUP to both processes; a second one would end a capture without keeping its file.
    if (signal === "SIGTERM" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("error", fail);
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
