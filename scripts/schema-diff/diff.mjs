// Fails where the schema breaks what the released one promised and CHANGELOG.md does not say so: in the newest section,
// under "### Breaking", each broken place stands in backticks, such as `Product.name`.
// diff.mjs [RELEASED CURRENT CHANGELOG]
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ChangeType, CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema, isRequiredArgument, isRequiredInputField } from "graphql";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [released, current, changelog] =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ["docs/releases/schema.graphql", "schema.graphql", "CHANGELOG.md"].map((name) => root + name);

const newest = readFileSync(changelog, "utf8").split(/^## /m)[1] ?? "";
const breaking = newest.split(/^### /m).find((part) => part.startsWith("Breaking")) ?? "";
const named = new Set([...breaking.matchAll(/`([^`]+)`/g)].map(([, place]) => place));

const [before, after] = [released, current].map((path) => buildSchema(readFileSync(path, "utf8")));

/** Whether a default went away that made an argument or input field optional; the inspector takes that for harmless. */
function isNowRequired({ type, path }) {
  const [name, field, argument] = path?.split(".") ?? [];
  const found = after.getType(name)?.getFields?.()[field];
  if (type === ChangeType.InputFieldDefaultValueChanged) return isRequiredInputField(found);
  if (type !== ChangeType.FieldArgumentDefaultChanged) return false;
  return isRequiredArgument(found.args.find((each) => each.name === argument));
}

const broken = (await diff(before, after)).filter(
  (change) => change.criticality.level === CriticalityLevel.Breaking || isNowRequired(change),
);
const unnamed = broken.filter(({ path, message }) => !named.has(path ?? message));

for (const { path, message } of unnamed) console.error(`${path}: ${message}`);
if (unnamed.length) {
  console.error(`Clients break. Keep what they may ask, or name each place in ${changelog} under "### Breaking".`);
  process.exitCode = 1;
}
