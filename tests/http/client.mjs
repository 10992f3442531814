// Asks the server at the URL given as Apollo's client does, and prints what the application and the wire saw, as JSON:
//   node client.mjs URL apq QUERY    twice, by the document's hash first
//   node client.mjs URL parts QUERY  once, each state that the application is shown
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, NetworkStatus, gql } from "@apollo/client";
import { GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const [url, what, query] = process.argv.slice(2);
const sent = [];
const wire = async (address, options) => {
  const { query: text, extensions, documentId } = JSON.parse(options.body);
  const answer = await fetch(address, options);
  sent.push({ text: Boolean(text), hash: extensions?.persistedQuery?.sha256Hash, documentId, status: answer.status,
    accept: options.headers.accept, type: answer.headers.get("content-type") });
  return answer;
};
const hashed = new PersistedQueryLink({ sha256: (text) => createHash("sha256").update(text).digest("hex") });
const http = new HttpLink({ uri: url, fetch: wire });
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: what === "apq" ? ApolloLink.from([hashed, http]) : http,
  incrementalHandler: new GraphQL17Alpha9Handler(),
});

const shown = [];
if (what === "apq") {
  for (let time = 0; time < 2; time += 1) {
    const { data } = await client.query({ query: gql(query), fetchPolicy: "no-cache" });
    shown.push({ data });
  }
} else {
  await new Promise((done, failed) => {
    client.watchQuery({ query: gql(query), errorPolicy: "all" }).subscribe({
      next: ({ data, error, networkStatus }) => {
        if (data) shown.push({ data: structuredClone(data), codes: error?.errors?.map((each) => each.extensions.code) });
        if (networkStatus === NetworkStatus.ready || networkStatus === NetworkStatus.error) done();
      },
      error: failed,
    });
  });
}
console.log(JSON.stringify({ shown, sent }));
process.exit(0);
