import { existsSync } from "node:fs";
import { join } from "node:path";
import { cache, findProgram, run } from "./commands.mjs";
import { aptInstall } from "./debian.mjs";
import { startServer } from "./server-process.mjs";

const home = join(import.meta.dirname, "mongodb");
const version = "1.47.0";
const jars = join(cache, `mongo-java-server-${version}`);

export const mongodb = {
  name: "mongodb",
  urlVariables: ["MONGODB_URL", "MONGODB_URI"],
  needs: "a JDK (17 or newer) and mongo-java-server from Maven",
  isInstalled: () => hasJdk() && existsSync(join(jars, `mongo-java-server-core-${version}.jar`)),
  async install() {
    if (!hasJdk()) await aptInstall("default-jdk-headless");
    if (findProgram("mvn") === undefined) await aptInstall("maven");
    const copy = [
      "dependency:copy-dependencies",
      `-DoutputDirectory=${jars}`,
      "-DincludeScope=runtime",
    ];
    await run("mvn", ["-q", "-B", "-f", join(home, "pom.xml"), ...copy]);
  },
  async start(folder, signal) {
    const { answer, pid, stop } = await startServer({
      // Java compiles the one source file in memory, which is why it takes a JDK.
      command: ["java", "-Xmx1g", "-cp", join(jars, "*"), join(home, "MongoWireServer.java")],
      folder,
      signal,
      ready: (log) => /listening on (mongodb:\S+)/.exec(log)?.[1],
    });
    return { url: answer, pid, stop };
  },
};

function hasJdk() {
  return findProgram("java") !== undefined && findProgram("javac") !== undefined;
}
