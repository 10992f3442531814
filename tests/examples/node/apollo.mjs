// Asks a server for one product in two ways, through Apollo's cache, and prints what the cache holds of it.
// apollo.mjs URL ID
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";

const [url, id] = process.argv.slice(2);
const possibleTypes = await (await fetch(`${url}/possibleTypes.json`)).json();

/** What a cache knows after both questions: its entities, and what a third one is answered without the server. */
async function remembered(options) {
  const cache = new InMemoryCache(options);
  const client = new ApolloClient({ cache, link: new HttpLink({ uri: `${url}/graphql` }) });
  await client.query({
    query: gql`
      query ($id: ID!) { product(id: $id) { id name seller { id } } }
    `,
    variables: { id },
  });
  await client.query({
    query: gql`
      query ($id: ID!) { node(id: $id) { ...Known ... on Product { price { average } seller { id name } } } }
      fragment Known on Node { globalId: id }
    `,
    variables: { id },
  });
  const held = cache.readQuery({
    query: gql`
      query ($id: ID!) { product(id: $id) { ...Known name price { average } seller { name } } }
      fragment Known on Node { globalId: id }
    `,
    variables: { id },
  });
  return { entities: Object.keys(cache.extract()).filter((key) => key !== "ROOT_QUERY" && key !== "__META"), held };
}

console.log(JSON.stringify({ told: await remembered({ possibleTypes }), untold: await remembered({}) }));
