import { Client, NoGraph, Refused, type Answer, type Failure } from "./client.js";
import { graphql } from "./graphql/index.js";
import type { BestSellersQuery, Region } from "./graphql/graphql.js";

const BestSellers = graphql(`
  query BestSellers($region: Region!, $first: Int!, $after: String) {
    products(region: $region, sort: { field: UNITS_30D }, first: $first, after: $after) {
      nodes {
        id
        name
        seller { name }
        performance(window: LAST_30_DAYS) { units gmv }
        trend(days: 30) { units }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

type Page = NonNullable<BestSellersQuery["products"]>;
type Product = Page["nodes"][number];

const ROWS_OF_A_PAGE = 10;
const BARS = [..."▁▂▃▄▅▆▇█"];
const USAGE = "usage: npm start -- [REGION [ROWS]], such as: npm start -- US 20";
const ADVICE: Record<string, string> = {
  BAD_USER_INPUT: USAGE,
  BUDGET_EXCEEDED: "ask for fewer rows, or tomorrow",
  UNAUTHENTICATED: "set SHOPGRAPH_KEY to a client key of the server",
};

/** Page after page, and what failed on each. */
async function* pages(client: Client, region: Region, rows: number): AsyncGenerator<[Page, Failure[]]> {
  let after: string | null = null;
  while (rows > 0) {
    const first = Math.min(rows, ROWS_OF_A_PAGE);
    const { data, errors }: Answer<BestSellersQuery> = await client.ask(BestSellers, { region, first, after });
    if (!data?.products) {
      throw errors[0] ? new Refused(errors[0]) : new NoGraph("the server gave no list");
    }
    yield [data.products, errors];
    rows -= first;
    if (!data.products.pageInfo.hasNextPage) return;
    after = data.products.pageInfo.endCursor;
  }
}

function drawn(trend: Product["trend"]): string {
  if (!trend) return "?".padStart(30);
  const most = Math.max(1, ...trend.map(({ units }) => units ?? 0));
  const bars = trend.map(({ units }) => (units === null ? "·" : BARS[Math.round((units / most) * 7)]));
  return bars.join("").padStart(30);
}

function line(place: number, { name, seller, performance, trend }: Product): string {
  const units = performance?.units?.toLocaleString("en-US") ?? "?";
  const gmv = performance?.gmv?.toLocaleString("en-US", { maximumFractionDigits: 0 }) ?? "?";
  const figures = [String(place).padStart(3), units.padStart(9), gmv.padStart(12), drawn(trend)];
  return `${figures.join(" ")} ${name ?? "?"} (${seller?.name ?? "?"})`;
}

async function main(region = "US", rows = "20"): Promise<number> {
  if (!/^[1-9][0-9]{0,3}$/.test(rows)) {
    console.error(USAGE);
    return 2;
  }
  const { SHOPGRAPH_URL: url = "http://127.0.0.1:8000", SHOPGRAPH_KEY: key, SHOPGRAPH_SEND_IDS: sendIds } = process.env;
  const client = new Client(url, key, Boolean(sendIds));
  const failed: Failure[] = [];
  let place = 0;
  try {
    console.log("  #     units        USD of 30 days");
    for await (const [page, errors] of pages(client, region as Region, Number(rows))) {
      for (const product of page.nodes) console.log(line(++place, product));
      failed.push(...errors);
    }
  } catch (error) {
    if (error instanceof Refused) {
      console.error([`${error.code}: ${error.message}`, ADVICE[error.code] ?? []].flat().join("\n"));
    } else if (error instanceof NoGraph) {
      console.error(error.message);
    } else throw error;
    return 1;
  } finally {
    console.log(`${client.credits} credits for ${client.calls} calls`);
  }
  for (const { message, path, extensions } of failed) {
    console.error(`${extensions.code}: ${path?.join(".")}: ${message}`);
  }
  return failed.length ? 1 : 0;
}

process.exitCode = await main(...process.argv.slice(2));
