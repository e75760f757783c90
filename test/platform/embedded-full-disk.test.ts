import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, open, readFile, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EmbeddedPostgres } from "../../src/platform/index.ts";

const DISK_MB = 256;

const disk = await mkdtemp(join(tmpdir(), "crossdock-disk-"));
const isMounted = mountSmallDisk();

after(async () => {
  if (isMounted) execFileSync("umount", ["--lazy", disk]);
  await rm(disk, { recursive: true, force: true });
});

function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m`, "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Writes until nothing more goes in, not even a byte. Gives the way to make room again. */
async function fill(): Promise<() => Promise<void>> {
  const path = join(disk, "filling");
  const file = await open(path, "w");
  try {
    for (const size of [1_048_576, 4_096]) {
      const block = Buffer.alloc(size);
      const isFull = () =>
        file.write(block).then(
          () => false,
          () => true,
        );
      while (!(await isFull()));
    }
  } finally {
    await file.close();
  }
  assert.equal((await statfs(disk)).bavail, 0);
  return () => rm(path);
}

/** A process that has ended and that nobody has asked for its exit code does not run. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return status !== undefined && !/\) [ZX] /.test(status);
}

const skip = isMounted ? false : "only root may mount a small disk: the full disk is NOT tested here";

test("on a full disk the server is stopped all the same, and starts again when there is room", {
  skip,
}, async () => {
  await chmod(disk, 0o755);
  const server = await EmbeddedPostgres.start({ dataDir: disk });
  const pidFile = await readFile(join(server.folder, "cluster", "postmaster.pid"), "utf8");
  const postmaster = Number(pidFile.split("\n")[0]);
  assert.ok(await isRunning(postmaster));
  const makeRoom = await fill();
  await server.stop();
  assert.ok(!(await isRunning(postmaster)), "PostgreSQL was left running");
  await makeRoom();
  const again = await EmbeddedPostgres.start({ dataDir: disk });
  assert.equal(again.started.adopted, false);
  await again.stop();
});
