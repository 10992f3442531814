import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';

import { fetchAnswer, useAnswer } from './answers.js';
import { COST_PLUGIN, number } from './cost.jsx';
import { EXAMPLES_PLUGIN } from './examples.jsx';
import { STORAGE } from './storage.js';
import { TRENDS_PLUGIN } from './trends.jsx';

const URL_OF_GRAPH = 'graphql';
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false }), EXAMPLES_PLUGIN, COST_PLUGIN, TRENDS_PLUGIN];
const FIRST_QUERY = `# The best-selling products of a market. Ctrl-Enter runs it; the panel Examples has whole pages.
query BestSellers {
  products(region: US, sort: {field: GMV_30D}, first: 5) {
    nodes {
      name
      price { average }
      seller { name }
      trend(days: 14) { date units gmv }
    }
  }
}
`;

const fetcher = createGraphiQLFetcher({ url: URL_OF_GRAPH, fetch: fetchAnswer });
const isKeyed = document.getElementById('keyed') !== null;
const isFirstVisit = localStorage.getItem('graphiql:visiblePlugin') === null;

/** With client keys the schema is known only once a key was given: it is asked for again when a query was answered. */
function SchemaOnceKeyed() {
  const schema = useGraphiQL((state) => state.schema);
  const isIntrospecting = useGraphiQL((state) => state.isIntrospecting);
  const { introspect } = useGraphiQLActions();
  const answer = useAnswer();
  const isLetIn = Boolean(answer?.body?.data);
  useEffect(() => {
    if (isLetIn && !schema && !isIntrospecting) introspect();
  }, [isLetIn, answer]);
  useEffect(() => {
    const notice = document.getElementById('keyed');
    if (notice) notice.hidden = Boolean(schema);
  }, [schema]);
  return null;
}

/** GraphiQL paints its editors once: where the theme is the system's, they are painted anew when that changes. */
function SystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme !== null) return undefined;
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme]);
  return null;
}

function Footer() {
  const cost = useAnswer()?.body?.extensions?.cost;
  if (!cost) return null;
  return (
    <div className="shopgraph-footer">
      {number(cost.actualCredits, 'credit')} of {cost.estimatedCredits} estimated · {number(cost.calls, 'call')} ·{' '}
      {cost.cacheHits} from the store
    </div>
  );
}

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={PLUGINS}
    storage={STORAGE}
    visiblePlugin={isFirstVisit ? EXAMPLES_PLUGIN : undefined}
    defaultQuery={FIRST_QUERY}
    defaultHeaders={isKeyed ? '{"Authorization": "Bearer "}' : undefined}
    defaultEditorToolsVisibility={isKeyed ? 'headers' : undefined}
  >
    <GraphiQL.Logo>
      <span className="shopgraph-name">shopgraph</span>
    </GraphiQL.Logo>
    <GraphiQL.Footer>
      <Footer />
      <SchemaOnceKeyed />
      <SystemTheme />
    </GraphiQL.Footer>
  </GraphiQL>,
);
