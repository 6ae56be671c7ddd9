// `npm run engines:install`: puts in place the servers that engine tests start and this machine lacks.
import { selectedEngines, givenUrl } from "./selection.mjs";

const missing = [];
try {
  const wanted = selectedEngines().filter((engine) => givenUrl(engine) === undefined);
  // One after the other: the system's package manager takes one at a time.
  await wanted.reduce((before, engine) => before.then(() => install(engine)), Promise.resolve());
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
if (missing.length > 0) process.exit(1);

async function install({ name, needs, ...engine }) {
  if (engine.isInstalled()) return console.error(`${name}: already here`);
  console.error(`${name}: installing ${needs} …`);
  try {
    await engine.install();
    if (!engine.isInstalled()) throw new Error(`${needs} still not found`);
    return console.error(`${name}: installed`);
  } catch (error) {
    missing.push(name);
    return console.error(`${name}: not installed: ${error.message}`);
  }
}
