// The panel of whole pages' queries. An id that a query needs is looked up when it is opened.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';

import { post, written } from './answers.js';
import { ExamplesIcon } from './icons.jsx';

const TEXTS = import.meta.glob('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const REGION = 'US';
const DAY = 24 * 3600 * 1000;

const BEST = `query ExampleProducts {
  products(region: ${REGION}, sort: {field: GMV_30D}, first: 10) { nodes { id seller { id } categories { id level } } }
}`;
const CREATORS = `query ExampleCreators { influencers(region: ${REGION}, first: 10) { nodes { handle } } }`;

const day = (back) => new Date(Date.now() - back * DAY).toISOString().slice(0, 10);

/** What each example is asked for, out of what `ask` finds. */
const VARIABLES = {
  'creator-page': async (ask) => {
    const { influencers } = await ask(CREATORS);
    return { handle: influencers.nodes.find((node) => node.handle).handle };
  },
  'outreach-list': async (ask) => {
    const { products } = await ask(BEST);
    const levels = products.nodes.flatMap((node) => node.categories ?? []);
    return { region: REGION, category: levels.find((category) => category.level === 'L1').id, products: 3 };
  },
  'product-page': async (ask) => ({ id: (await ask(BEST)).products.nodes[0].id }),
  'ranking-page': async () => ({ region: REGION, first: 10 }),
  'shop-page': async (ask) => {
    const { products } = await ask(BEST);
    return { id: products.nodes.find((node) => node.seller).seller.id };
  },
  'today-against-yesterday': async () => ({ region: REGION, today: day(1), yesterday: day(2), first: 10 }),
  'video-feed': async () => ({ region: REGION, first: 10 }),
  'watch-list': async (ask) => ({ ids: (await ask(BEST)).products.nodes.map((node) => node.id) }),
};
const LOOKED_UP = new Set(['creator-page', 'outreach-list', 'product-page', 'shop-page', 'watch-list']);

const EXAMPLES = Object.entries(TEXTS).map(([path, text]) => {
  const name = path.replace(/^.*\/|\.graphql$/g, '');
  const [comment] = text.split('\n');
  return { name, text, title: name.replaceAll('-', ' '), says: comment.replace(/^#\s*/, '') };
});

function Examples() {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const [opening, setOpening] = useState(null);
  const [problem, setProblem] = useState(null);

  async function open({ name, text, title }) {
    const headers = headerEditor?.getValue() ?? '';
    const ask = async (query) => {
      const { data, errors } = await post('graphql', { query }, written(headers));
      if (!data) throw new Error(errors?.[0]?.message ?? 'no data');
      return data;
    };
    setOpening(name);
    setProblem(null);
    let variables = {};
    try {
      variables = await VARIABLES[name](ask);
    } catch (error) {
      setProblem(`No values were found for ${title}: ${error.message}`);
    }
    setOpening(null);
    addTab();
    queryEditor.setValue(text);
    variableEditor.setValue(JSON.stringify(variables, null, 2));
    if (headers) headerEditor.setValue(headers);
  }

  return (
    <section className="shopgraph-panel" aria-label="Examples">
      <header>Examples</header>
      <p>
        Each opens in a tab of its own, with values for its variables. Where those are ids, they are looked up: at most one
        call.
      </p>
      {problem && <p role="alert">{problem}</p>}
      <ul className="shopgraph-examples">
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" disabled={opening !== null} onClick={() => open(example)}>
              <b>{example.title}</b>
              <span>
                {example.says}
                {LOOKED_UP.has(example.name) && ' (looks up ids)'}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const EXAMPLES_PLUGIN = { title: 'Examples', icon: ExamplesIcon, content: Examples };
