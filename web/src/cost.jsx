// The panel of costs: what the document in the editor would cost, and what the last answer did.
import { useGraphiQL } from '@graphiql/react';
import { useEffect, useState } from 'react';

import { object, post, useAnswer, written } from './answers.js';
import { CostIcon } from './icons.jsx';
import { Waterfall } from './waterfall.jsx';

const PAUSE_MS = 400;

export const number = (count, thing) => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** The price of what is in the editor: {price} or {problem}; asked for anew when that changes, and after an answer. */
function usePrice() {
  const query = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.query) ?? '';
  const variables = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.variables) ?? '';
  const headers = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.headers) ?? '';
  const operationName = useGraphiQL((state) => state.operationName);
  const answer = useAnswer();
  const [told, setTold] = useState(null);

  useEffect(() => {
    let isCurrent = true;
    const show = (found) => isCurrent && setTold(found);
    const timer = setTimeout(async () => {
      const given = object(variables);
      if (!query.trim()) return show(null);
      if (!given) return show({ problem: 'The variables are no JSON object.' });
      try {
        const body = await post('graphql/cost', { query, variables: given, operationName }, written(headers));
        show(body.errors ? { problem: body.errors[0].message } : { price: body });
      } catch (error) {
        show({ problem: error.message });
      }
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [query, variables, headers, operationName, answer]);
  return told;
}

function Cost() {
  return (
    <section className="shopgraph-panel" aria-label="Cost">
      <header>Cost</header>
      <Before told={usePrice()} />
      <After answer={useAnswer()} />
    </section>
  );
}

function Before({ told }) {
  return (
    <section aria-label="Before it runs">
      <h3>Before it runs</h3>
      {!told && <p>Write a query: its price stands here, without a call.</p>}
      {told?.problem && <p role="alert">{told.problem}</p>}
      {told?.price && <Price {...told.price} />}
    </section>
  );
}

function Price({ estimatedCredits, calls, byEndpoint, plan, budget }) {
  const most = Math.max(1, ...plan.map((step) => step.credits));
  return (
    <>
      <p>
        At most <b data-of="estimatedCredits">{estimatedCredits}</b> {estimatedCredits === 1 ? 'credit' : 'credits'} for{' '}
        {number(calls, 'call')}; with what the store has now.
      </p>
      {budget.fits ? (
        <p>Within the {budget.limit} that a request may spend.</p>
      ) : (
        <p role="alert">Above the {budget.limit} that a request may spend: it would be refused.</p>
      )}
      {plan.length > 0 && (
        <>
          <Counts title="Calls by endpoint" counts={byEndpoint} />
          <table>
            <caption>By field</caption>
            <thead>
              <tr>
                <th>field</th>
                <th>calls</th>
                <th>credits</th>
              </tr>
            </thead>
            <tbody>
              {plan.map((step) => (
                <tr key={`${step.path} ${step.endpoint}`} title={step.endpoint}>
                  <td>
                    <code>{step.path}</code>
                    <i className="shopgraph-share" style={{ width: `${(100 * step.credits) / most}%` }} />
                  </td>
                  <td>{step.calls}</td>
                  <td>{step.credits}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}

const FACTS = [
  ['estimatedCredits', 'credits estimated'],
  ['actualCredits', 'credits charged'],
  ['calls', 'calls'],
  ['retries', 'retries'],
  ['cacheHits', 'from the store'],
  ['sharedCalls', 'calls shared with others'],
];

function After({ answer }) {
  const cost = answer?.body?.extensions?.cost;
  return (
    <section aria-label="The last answer">
      <h3>The last answer</h3>
      {!cost && <p>{answer ? 'It tells no cost: it was refused.' : 'Run a query: what it did cost stands here.'}</p>}
      {cost && (
        <>
          <dl>
            {FACTS.map(([name, words]) => (
              <div key={name}>
                <dt>{words}</dt>
                <dd data-of={name}>{cost[name]}</dd>
              </div>
            ))}
            <div>
              <dt>left of the request’s {cost.budget.limit}</dt>
              <dd data-of="remaining">{cost.budget.remaining}</dd>
            </div>
            <div>
              <dt>ms until the answer was here</dt>
              <dd>{Math.round(answer.ms)}</dd>
            </div>
          </dl>
          <Counts title="Calls by endpoint" counts={cost.byEndpoint} />
          {cost.trace && <Waterfall trace={cost.trace} />}
        </>
      )}
    </section>
  );
}

function Counts({ title, counts }) {
  const rows = Object.entries(counts);
  if (rows.length === 0) return null;
  return (
    <table>
      <caption>{title}</caption>
      <tbody>
        {rows.map(([endpoint, count]) => (
          <tr key={endpoint}>
            <td>
              <code>{endpoint}</code>
            </td>
            <td>{count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const COST_PLUGIN = { title: 'Cost', icon: CostIcon, content: Cost };
